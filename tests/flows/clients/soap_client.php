<?php
/**
 * A client of Digipoort's WUS 1.2 interface with PHP's SoapClient, from the served WSDLs; signs by itself.
 *
 * php soap_client.php BASE FOLDER-OF-CERTIFICATES DOCUMENT: submits it, asks for its statuses and those of an unknown
 * kenmerk, and prints what it was told as JSON. An answer whose signature does not verify ends it.
 */
const WSA = 'http://www.w3.org/2005/08/addressing';
const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const WSSE = OASIS . '-wssecurity-secext-1.0.xsd';
const WSU = OASIS . '-wssecurity-utility-1.0.xsd';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const X509V3 = OASIS . '-x509-token-profile-1.0#X509v3';

class Client extends SoapClient {
    public string $key = '';
    public string $certificate = '';

    public function __doRequest($request, $location, $action, $version, $oneWay = false): ?string {
        $answer = parent::__doRequest($this->signed($request, $location, $action), $location, $action, $version, $oneWay);
        verify((string) $answer);
        return $answer;
    }

    private function signed(string $request, string $to, string $action): string {
        $document = new DOMDocument();
        $document->loadXML($request);
        $body = first($document, 'http://schemas.xmlsoap.org/soap/envelope/', 'Body');
        $soap = $body->namespaceURI;
        $header = $body->parentNode->insertBefore($document->createElementNS($soap, "$body->prefix:Header"), $body);
        $parts = [$body];
        $id = 'urn:uuid:' . bin2hex(random_bytes(16));
        foreach (['To' => $to, 'Action' => $action, 'MessageID' => $id] as $name => $value) {
            $parts[] = $header->appendChild($document->createElementNS(WSA, "wsa:$name", $value));
        }
        $security = $header->appendChild($document->createElementNS(WSSE, 'wsse:Security'));
        $security->setAttributeNS($soap, "$body->prefix:mustUnderstand", '1');
        $parts[] = $timestamp = $security->appendChild($document->createElementNS(WSU, 'wsu:Timestamp'));
        foreach (['Created' => 0, 'Expires' => 300] as $name => $after) {
            $time = gmdate('Y-m-d\TH:i:s\Z', time() + $after);
            $timestamp->appendChild($document->createElementNS(WSU, "wsu:$name", $time));
        }
        $der = preg_replace('/-----[^-]+-----|\s/', '', $this->certificate);
        $token = $security->appendChild($document->createElementNS(WSSE, 'wsse:BinarySecurityToken', $der));
        $token->setAttributeNS(WSU, 'wsu:Id', 'token');
        $token->setAttribute('ValueType', X509V3);
        $token->setAttribute('EncodingType', OASIS . '-soap-message-security-1.0#Base64Binary');
        $references = '';
        foreach ($parts as $number => $part) {
            $part->setAttributeNS(WSU, 'wsu:Id', "part-$number");
        }
        foreach ($parts as $number => $part) {
            $digest = base64_encode(hash('sha256', $part->C14N(true, false), true));
            $references .= "<ds:Reference URI=\"#part-$number\"><ds:Transforms><ds:Transform Algorithm=\"" . EXC . '"/>'
                . '</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
                . "<ds:DigestValue>$digest</ds:DigestValue></ds:Reference>";
        }
        $signature = $document->createDocumentFragment();
        $signature->appendXML('<ds:Signature xmlns:ds="' . DS . '"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="'
            . EXC . '"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
            . "$references</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse=\""
            . WSSE . '"><wsse:Reference URI="#token" ValueType="' . X509V3 . '"/></wsse:SecurityTokenReference>'
            . '</ds:KeyInfo></ds:Signature>');
        $security->appendChild($signature);
        $info = first($document, DS, 'SignedInfo')->C14N(true, false);
        openssl_sign($info, $value, $this->key, OPENSSL_ALGO_SHA256);
        first($document, DS, 'SignatureValue')->nodeValue = base64_encode($value);
        return $document->saveXML();
    }
}

function first(DOMDocument $document, string $namespace, string $name): ?DOMElement {
    return $document->getElementsByTagNameNS($namespace, $name)->item(0);
}

function verify(string $answer): void {
    $document = new DOMDocument();
    $document->loadXML($answer);
    if (first($document, 'http://schemas.xmlsoap.org/soap/envelope/', 'Fault')) {
        return;
    }
    $token = first($document, WSSE, 'BinarySecurityToken')->nodeValue;
    $certificate = "-----BEGIN CERTIFICATE-----\n" . chunk_split($token, 64, "\n") . "-----END CERTIFICATE-----\n";
    $value = base64_decode(first($document, DS, 'SignatureValue')->nodeValue);
    $info = first($document, DS, 'SignedInfo');
    $right = openssl_verify($info->C14N(true, false), $value, $certificate, OPENSSL_ALGO_SHA256) === 1;
    $paths = new DOMXPath($document);
    $paths->registerNamespace('wsu', WSU);
    foreach ($document->getElementsByTagNameNS(DS, 'Reference') as $reference) {
        $part = $paths->query("//*[@wsu:Id='" . substr($reference->getAttribute('URI'), 1) . "']")->item(0);
        $digest = $reference->getElementsByTagNameNS(DS, 'DigestValue')->item(0)->nodeValue;
        $right = $right && base64_encode(hash('sha256', $part->C14N(true, false), true)) === $digest;
    }
    if (!$right) {
        throw new Exception('the signature of the answer does not verify');
    }
}

[, $base, $certificates, $file] = $argv;
$key = file_get_contents("$certificates/clients/leverancier-key.pem");
$certificate = file_get_contents("$certificates/clients/leverancier.pem");
$both = tempnam(sys_get_temp_dir(), 'client');
file_put_contents($both, $certificate . $key);
$tls = stream_context_create(['ssl' => ['local_cert' => $both, 'cafile' => "$certificates/ca.pem"]]);
$open = function (string $service) use ($base, $tls, $key, $certificate): Client {
    $client = new Client("$base/wus/2.0/$service/1.2?wsdl", ['stream_context' => $tls, 'cache_wsdl' => WSDL_CACHE_NONE,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
    preg_match('/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s', $certificate, $found);
    [$client->key, $client->certificate] = [$key, $found[0]];
    return $client;
};
$answer = $open('aanleverservice')->aanleveren([
    'berichtsoort' => 'E-Factuur-UBL',
    'aanleverkenmerk' => 'Happyflow',
    'identiteitBelanghebbende' => ['nummer' => '27418562', 'type' => 'KvK'],
    'rolBelanghebbende' => 'Bedrijf',
    'berichtInhoud' => ['mimeType' => 'application/xml', 'bestandsnaam' => 'factuur.xml',
        'inhoud' => file_get_contents($file)],
    'autorisatieAdres' => 'http://geenausp.nl',
]);
$status = $open('statusinformatieservice');
$about = ['kenmerk' => $answer->kenmerk, 'autorisatieAdres' => 'http://geenausp.nl'];
$statuses = $status->getStatussenProces($about)->getStatussenProcesReturn->StatusResultaat;
try {
    $status->getStatussenProces(['kenmerk' => 'x'] + $about);
    $fault = null;
} catch (SoapFault $raised) {
    $fault = $raised->detail->statusinformatieFault;
}
unlink($both);
echo json_encode(['kenmerk' => $answer->kenmerk, 'statuses' => array_column($statuses, 'statuscode'),
    'foutcode' => $fault->foutcode, 'foutbeschrijving' => $fault->foutbeschrijving]), "\n";
