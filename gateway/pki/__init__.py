"""Who is at the other end: certificates, their chains and revocation, and a test hierarchy to practise with.

Owns: what a PKIoverheid certificate must be, the OIN in its subject, pinned anchors, CRL and OCSP.
Does not own: parties, mandates, channels.
Always true: a certificate passes only when chain, validity, key and revocation were all looked at;
what could not be looked at is temporary trouble, never a pass.
"""
