import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URL;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * A client of Digipoort's WUS 1.2 interface on the JDK alone: its TLS, its XML, its signatures.
 *
 * <p>java JdkClient.java FOLDER-OF-CERTIFICATES, then one request a line: client, address, action and body, parted by
 * tabs. Each is answered by a line: the HTTP status, the names of the parts that the answer's signature covers (a minus
 * when it is a fault), and the answer in base64, parted by tabs. An answer whose signature does not verify ends all.
 */
public class JdkClient {
    static final String OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
    static final String WSSE = OASIS + "-wssecurity-secext-1.0.xsd";
    static final String WSU = OASIS + "-wssecurity-utility-1.0.xsd";
    static final String X509V3 = OASIS + "-x509-token-profile-1.0#X509v3";
    static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
    static final String WSA = "http://www.w3.org/2005/08/addressing";
    static final String DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256";
    static final String RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    static final char[] PASSWORD = "meterpoort".toCharArray();
    static final XMLSignatureFactory SIGNATURES = XMLSignatureFactory.getInstance("DOM");

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] asked = line.split("\t");
            System.out.println(call(arguments[0], asked[0], asked[1], asked[2], asked[3]));
        }
    }

    static String call(String folder, String name, String address, String action, String body) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(folder + "/clients/" + name + ".p12")) {
            own.load(file, PASSWORD);
        }
        HttpsURLConnection connection = (HttpsURLConnection) new URL(address).openConnection();
        connection.setSSLSocketFactory(sockets(own, folder));
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
        connection.setRequestProperty("SOAPAction", '"' + action + '"');
        connection.setChunkedStreamingMode(1000);
        connection.getOutputStream().write(signed(own, address, action, body));
        int status = connection.getResponseCode();
        byte[] answer = (status == 200 ? connection.getInputStream() : connection.getErrorStream()).readAllBytes();
        return status + "\t" + covered(parsed(answer)) + "\t" + Base64.getEncoder().encodeToString(answer);
    }

    static SSLSocketFactory sockets(KeyStore own, String folder) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream file = new FileInputStream(folder + "/ca.pem")) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                trusted.setCertificateEntry("trusted" + trusted.size(), certificate);
            }
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    static byte[] signed(KeyStore own, String address, String action, String body) throws Exception {
        String alias = own.aliases().nextElement();
        Instant now = Instant.now();
        String token = Base64.getMimeEncoder().encodeToString(own.getCertificate(alias).getEncoded());
        Document message = parsed(("""
            <soap:Envelope xmlns:soap="%s" xmlns:wsu="%s">
              <soap:Header xmlns:wsa="%s">
                <wsa:Action wsu:Id="Action">%s</wsa:Action>
                <wsa:MessageID wsu:Id="MessageID">urn:uuid:%s</wsa:MessageID>
                <wsa:To wsu:Id="To">%s</wsa:To>
                <wsse:Security xmlns:wsse="%s" soap:mustUnderstand="1">
                  <wsu:Timestamp wsu:Id="Timestamp">
                    <wsu:Created>%s</wsu:Created><wsu:Expires>%s</wsu:Expires>
                  </wsu:Timestamp>
                  <wsse:BinarySecurityToken wsu:Id="Token" EncodingType="%s-soap-message-security-1.0#Base64Binary"
                    ValueType="%s">%s</wsse:BinarySecurityToken>
                </wsse:Security>
              </soap:Header>
              <soap:Body wsu:Id="Body">%s</soap:Body>
            </soap:Envelope>""").formatted(SOAP, WSU, WSA, action, UUID.randomUUID(), address, WSSE, now,
                now.plusSeconds(300), OASIS, X509V3, token, body).getBytes("UTF-8"));
        List<Reference> references = new ArrayList<>();
        for (String part : new String[] {"Body", "Action", "MessageID", "To", "Timestamp"}) {
            references.add(SIGNATURES.newReference("#" + part, SIGNATURES.newDigestMethod(DIGEST, null),
                List.of(SIGNATURES.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null)),
                null, null));
        }
        SignedInfo info = SIGNATURES.newSignedInfo(
            SIGNATURES.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            SIGNATURES.newSignatureMethod(RSA, null), references);
        Element reference = message.createElementNS(WSSE, "wsse:Reference");
        reference.setAttribute("URI", "#Token");
        reference.setAttribute("ValueType", X509V3);
        Element holder = message.createElementNS(WSSE, "wsse:SecurityTokenReference");
        holder.appendChild(reference);
        var keyInfo = SIGNATURES.getKeyInfoFactory().newKeyInfo(List.of(new DOMStructure(holder)));
        PrivateKey key = (PrivateKey) own.getKey(alias, PASSWORD);
        DOMSignContext context = new DOMSignContext(key, first(message, WSSE, "Security"));
        context.setDefaultNamespacePrefix("ds");
        SIGNATURES.newXMLSignature(info, keyInfo).sign(context);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        TransformerFactory.newInstance().newTransformer().transform(
            new DOMSource(message), new StreamResult(written));
        return written.toByteArray();
    }

    static String covered(Document answer) throws Exception {
        if (first(answer, SOAP, "Fault") != null) {
            return "-";
        }
        byte[] token = Base64.getDecoder().decode(first(answer, WSSE, "BinarySecurityToken").getTextContent());
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(token));
        Element signature = first(answer, XMLSignature.XMLNS, "Signature");
        DOMValidateContext context = new DOMValidateContext(certificate.getPublicKey(), signature);
        XMLSignature found = SIGNATURES.unmarshalXMLSignature(context);
        if (!found.validate(context)) {
            throw new IllegalStateException("the signature of the answer does not verify");
        }
        List<String> names = new ArrayList<>();
        for (Object one : found.getSignedInfo().getReferences()) {
            names.add(answer.getElementById(((Reference) one).getURI().substring(1)).getLocalName());
        }
        return String.join(" ", names);
    }

    static Document parsed(byte[] message) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(message));
        NodeList all = document.getElementsByTagName("*");
        for (int at = 0; at < all.getLength(); at++) {
            Element element = (Element) all.item(at);
            if (element.hasAttributeNS(WSU, "Id")) {
                element.setIdAttributeNS(WSU, "Id", true);
            }
        }
        return document;
    }

    static Element first(Document document, String namespace, String name) {
        return (Element) document.getElementsByTagNameNS(namespace, name).item(0);
    }
}
