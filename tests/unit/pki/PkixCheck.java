import java.io.FileInputStream;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Judges chains by the JDK's PKIX validator with revocation on: POLICY CRLS ROOTS CHAIN..., a line for each chain. */
public final class PkixCheck {
    public static void main(String[] given) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<Object> lists = new ArrayList<>(factory.generateCRLs(new FileInputStream(given[1])));
        Set<TrustAnchor> anchors = new HashSet<>();
        for (Certificate one : factory.generateCertificates(new FileInputStream(given[2]))) {
            X509Certificate root = (X509Certificate) one;
            if (root.getSubjectX500Principal().equals(root.getIssuerX500Principal())) {
                anchors.add(new TrustAnchor(root, null));
            }
        }
        PKIXParameters parameters = new PKIXParameters(anchors);
        parameters.setRevocationEnabled(true);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        if (!given[0].isEmpty()) {
            parameters.setInitialPolicies(Set.of(given[0]));
            parameters.setExplicitPolicyRequired(true);
        }
        for (int i = 3; i < given.length; i++) {
            List<Certificate> chain = new ArrayList<>(factory.generateCertificates(new FileInputStream(given[i])));
            try {
                CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(chain), parameters);
                System.out.println("OK");
            } catch (CertPathValidatorException refused) {
                System.out.println(refused.getReason() + " " + refused.getMessage());
            }
        }
    }
}
