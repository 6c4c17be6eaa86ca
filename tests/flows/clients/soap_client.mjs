/**
 * A client of Digipoort's WUS 1.2 interface with npm's `soap`, from the served WSDLs.
 *
 * node soap_client.mjs BASE FOLDER-OF-CERTIFICATES DOCUMENT: submits it, asks for its statuses and those of an unknown
 * kenmerk, and prints what it was told as JSON. The signatures of answers are not verified: `soap` does not do that.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Agent } from 'node:https';
import { randomUUID } from 'node:crypto';

const load = createRequire(process.env.NPM_FOLDER ? `${process.env.NPM_FOLDER}/` : import.meta.url);
const soap = load('soap');
const axios = load('axios');
const WSA = 'http://www.w3.org/2005/08/addressing';
const [, , base, certificates, file] = process.argv;
const read = (name) => readFileSync(`${certificates}/${name}`, 'utf8');
const key = read('clients/leverancier-key.pem');
const certificate = read('clients/leverancier.pem').match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/)[0];
const httpsAgent = new Agent({ ca: read('ca.pem'), cert: read('clients/leverancier.pem'), key });
const request = axios.create({ httpsAgent, proxy: false });

async function open(service) {
    const client = await soap.createClientAsync(`${base}/wus/2.0/${service}/1.2?wsdl`, { request });
    client.setSecurity(new soap.WSSecurityCert(key, certificate, '', {
        hasTimeStamp: true,
        signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
        digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
        signatureTransformations: ['http://www.w3.org/2001/10/xml-exc-c14n#'],
        additionalReferences: ['wsa:To', 'wsa:Action', 'wsa:MessageID'],
        signerOptions: { idMode: 'wssecurity' },
    }));
    return client;
}

async function call(client, service, operation, body) {
    const port = service[0].toUpperCase() + service.slice(1).replace('service', 'Service');
    const action = `http://logius.nl/digipoort/wus/2.0/${service}/1.2/${port}/${operation}Request`;
    client.clearSoapHeaders();
    client.addSoapHeader(`<wsa:Action xmlns:wsa="${WSA}">${action}</wsa:Action>`
        + `<wsa:MessageID xmlns:wsa="${WSA}">urn:uuid:${randomUUID()}</wsa:MessageID>`
        + `<wsa:To xmlns:wsa="${WSA}">${base}/wus/2.0/${service}/1.2</wsa:To>`);
    return (await client[`${operation}Async`](body))[0];
}

const submitting = await open('aanleverservice');
const answer = await call(submitting, 'aanleverservice', 'aanleveren', {
    berichtsoort: 'E-Factuur-UBL',
    aanleverkenmerk: 'Happyflow',
    identiteitBelanghebbende: { nummer: '27418562', type: 'KvK' },
    rolBelanghebbende: 'Bedrijf',
    berichtInhoud: {
        mimeType: 'application/xml', bestandsnaam: 'factuur.xml', inhoud: readFileSync(file).toString('base64'),
    },
    autorisatieAdres: 'http://geenausp.nl',
});
const asking = await open('statusinformatieservice');
const about = { kenmerk: answer.kenmerk, autorisatieAdres: 'http://geenausp.nl' };
const found = await call(asking, 'statusinformatieservice', 'getStatussenProces', about);
const statuses = found.getStatussenProcesReturn.StatusResultaat.map((one) => one.statuscode);
let fault = null;
try {
    await call(asking, 'statusinformatieservice', 'getStatussenProces', { ...about, kenmerk: 'x' });
} catch (error) {
    fault = error.root.Envelope.Body.Fault.detail.statusinformatieFault;
}
console.log(JSON.stringify({
    kenmerk: answer.kenmerk, statuses, foutcode: fault.foutcode, foutbeschrijving: fault.foutbeschrijving,
}));
