"""The README that `meterpoort ca init` writes with the certificates."""

README = """# Testcertificaten / test certificates

Gemaakt door `meterpoort ca init`. Alleen om mee te testen: niemand anders vertrouwt deze certificaten.
Made by `meterpoort ca init`. For tests only: nobody else trusts these certificates.

| bestand / file | wat / what |
| --- | --- |
| `ca.pem` | root en intermediate: wat een client vertrouwt / what a client trusts |
| `root.pem`, `root-key.pem` | de root / the root |
| `intermediate.pem`, `intermediate-key.pem` | de uitgever van alle andere / issues all the others |
| `server.pem`, `server-key.pem` | de server, voor `localhost`, `127.0.0.1` en `::1` / the server |
| `clients/NAAM.pem`, `clients/NAAM-key.pem` | een client met OIN, intermediate erachter / a client with its OIN |
| `clients/NAAM.p12` | hetzelfde voor Windows en Java; wachtwoord / password: `meterpoort` |
| `crl/*.crl.pem` | de ingetrokken certificaten / the revoked certificates |
| `bad/` | certificaten die geweigerd moeten worden, de naam zegt waarom / to be refused, the name says why |

| client | OIN | |
| --- | --- | --- |
| `leverancier` | 00000003274185620000 | bedrijf / company, KvK 27418562 |
| `leverancier-2` | 00000003381902460000 | bedrijf / company, KvK 38190246 |
| `softwarehuis` | 00000003615027930000 | intermediair / intermediary, KvK 61502793 |
| `gemeente` | 00000099000000001000 | gemeente / municipality |
| `gemeente-2` | 00000099000000002000 | gemeente / municipality |
| `provincie` | 00000099000000003000 | provincie / province |
| `ministerie` | 00000099000000004000 | ministerie (Rijk) / ministry |

Proberen / try: start `meterpoort serve --sandbox --tls DEZE_MAP --port 8443` en daarna

    curl --cacert ca.pem --cert clients/leverancier.pem --key clients/leverancier-key.pem \\
      'https://localhost:8443/wus/2.0/aanleverservice/1.2?wsdl'

De sleutels staan hier onversleuteld: gebruik deze map nergens anders voor.
The keys are not encrypted: use this folder for nothing else.
"""
