"""Make golden.json: bundles built step by step from the text of the convention, with hashlib, json and the openssl command.

Nothing of Retort takes part. Run: python3 make.py > golden.json
"""

import base64
import hashlib
import json
import os
import subprocess
import tempfile

TYPE = "application/vnd.in-toto+json"
WORK = tempfile.mkdtemp()


def run(*args, data=None):
    return subprocess.run(args, input=data, check=True, capture_output=True, cwd=WORK).stdout


def b64(data):
    return base64.b64encode(data).decode()


# The set. Names that tell component order from string order, and code points from UTF-16 units.
FILES = {
    "0/0.png": b"zero",
    "0/1.png": b"one",
    "0-1.png": b"dash",
    ".hidden": b"dot files are signed too",
    "empty": b"",
    "1/\uffee.png": b"halfwidth",
    "1/\U0001f600.png": b"beyond the basic plane",
    "1/e\u0301.png": b"decomposed",
}

KEYS = {}
for curve, name, digest in (("P-256", "prime256v1", "sha256"), ("P-384", "secp384r1", "sha384"), ("P-521", "secp521r1", "sha512")):
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + name, "-out", curve + ".key")
    KEYS[curve] = (curve + ".key", digest, run("openssl", "pkey", "-in", curve + ".key", "-pubout").decode())


def ordered(names):
    """By path components; Python compares strings by code point."""
    return sorted(names, key=lambda name: name.split("/"))


def resources(names=None):
    return [
        {"name": n, "algorithm": "sha256", "digest": hashlib.sha256(FILES[n]).hexdigest()} for n in (names or ordered(FILES))
    ]


def root(listed):
    return hashlib.sha256(b"".join(bytes.fromhex(r["digest"]) for r in listed)).hexdigest()


def statement(listed=None, **change):
    listed = resources() if listed is None else listed
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "golden", "digest": {"sha256": root(listed)}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": [".git", ".gitattributes", ".github", ".gitignore", "model.sig"],
            },
            "resources": listed,
        },
        **change,
    }


def pae(payload, kind=TYPE):
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def sign(data, curve, digest=None):
    key, usual, _ = KEYS[curve]
    with open(os.path.join(WORK, "signed"), "wb") as f:
        f.write(data)
    return run("openssl", "dgst", "-" + (digest or usual), "-sign", key, "signed")


def hint(curve):
    return hashlib.sha256(KEYS[curve][2].encode()).hexdigest()


def bundle(stated, curve="P-256", kind=TYPE, signature=None, material=None, dump=None):
    payload = stated if isinstance(stated, bytes) else json.dumps(stated).encode()
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material or {"publicKey": {"hint": hint(curve)}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": b64(payload),
            "payloadType": kind,
            "signatures": [{"sig": b64(signature or sign(pae(payload, kind), curve)), "keyid": ""}],
        },
    }


CASES = []


def case(name, made, expect, message="", trust="P-256"):
    """expect: "verified", or the check that must fail, with words that its message must hold."""
    text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
    CASES.append({"name": name, "bundle": text, "expect": expect, "message": message, "trust": trust})


def edited(change, made=None):
    made = made or bundle(statement())
    change(made)
    return made


# --- accepted
for curve in KEYS:
    case("current layout, " + curve, bundle(statement(), curve), "verified", trust=curve)
case("compact JSON", json.dumps(bundle(statement()), separators=(",", ":")), "verified")
case("indented payload, escaped names", bundle(json.dumps(statement(), indent=2).encode()), "verified")
case("unescaped names", bundle(json.dumps(statement(), ensure_ascii=False).encode()), "verified")
s = statement()
s["predicate"] = dict(reversed(list(s["predicate"].items())))
s["predicate"]["serialization"]["ignore_paths"].reverse()
case("members and ignored paths in another order", bundle(dict(reversed(list(s.items())))), "verified")


def old(stated, curve):
    del stated["predicate"]["serialization"]["ignore_paths"]
    raw = {"rawBytes": b64(KEYS[curve][2].encode()), "keyDetails": "PKIX_ECDSA_" + {"P-256": "P256_SHA_256", "P-384": "P384_SHA_384", "P-521": "P521_SHA_512"}[curve]}
    made = bundle(stated, curve, material={"publicKey": raw})
    made["dsseEnvelope"]["signatures"][0]["keyid"] = None
    return made


for curve in KEYS:
    case("layout up to 1.0.1, " + curve, old(statement(), curve), "verified", trust=curve)
case("old layout around a newer statement", bundle(statement(), material={"publicKey": {"rawBytes": "AAAA", "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}), "serialization", "downgraded")
case("layout up to 1.0.1, its own key is not believed", old(statement(), "P-256"), "signature", trust="P-256-other")

# --- 1: the bundle
for version in ("0.1", "0.2"):
    text = "application/vnd.dev.sigstore.bundle+json;version=" + version
    case("version " + version, edited(lambda b: b.update(mediaType=text)), "bundle", "v" + version)
case("unknown media type", edited(lambda b: b.update(mediaType="text/plain")), "bundle", "mediaType")
case("no tlogEntries", edited(lambda b: b["verificationMaterial"].pop("tlogEntries")), "bundle", "tlogEntries")
case("log entries beside a key", edited(lambda b: b["verificationMaterial"]["tlogEntries"].append({})), "bundle", "tlogEntries")
case("no keyid", edited(lambda b: b["dsseEnvelope"]["signatures"][0].pop("keyid")), "bundle", "keyid")
case("keyid null in the current layout", edited(lambda b: b["dsseEnvelope"]["signatures"][0].update(keyid=None)), "bundle", "keyid")
case("a keyid", edited(lambda b: b["dsseEnvelope"]["signatures"][0].update(keyid="x")), "bundle", "keyid")
case("no signature", edited(lambda b: b["dsseEnvelope"].update(signatures=[])), "bundle", "exactly 1")
case("two signatures", edited(lambda b: b["dsseEnvelope"].update(signatures=b["dsseEnvelope"]["signatures"] * 2)), "bundle", "exactly 1")
case("extra field in the bundle", edited(lambda b: b.update(note="x")), "bundle", "note")
case("extra field in the envelope", edited(lambda b: b["dsseEnvelope"].update(note="x")), "bundle", "note")
case("extra field in the signature", edited(lambda b: b["dsseEnvelope"]["signatures"][0].update(note="x")), "bundle", "note")
case("extra field in the material", edited(lambda b: b["verificationMaterial"].update(note="x")), "bundle", "note")
case("extra field in the key", edited(lambda b: b["verificationMaterial"]["publicKey"].update(note="x")), "bundle", "note")
case("two kinds of material", edited(lambda b: b["verificationMaterial"].update(x509CertificateChain={"certificates": []})), "bundle", "x509CertificateChain")
case("no material", edited(lambda b: b.update(verificationMaterial={"tlogEntries": []})), "bundle", "publicKey")
case("hint in capitals", edited(lambda b: b["verificationMaterial"]["publicKey"].update(hint=hint("P-256").upper())), "bundle", "hint")
case("payload in base64url", edited(lambda b: b["dsseEnvelope"].update(payload=b["dsseEnvelope"]["payload"].rstrip("=") + "_")), "bundle", "base64")
case("a key twice", json.dumps(bundle(statement())).replace('"mediaType"', '"mediaType": "x", "mediaType"', 1), "bundle", "twice")
case("byte order mark", "\ufeff" + json.dumps(bundle(statement())), "bundle", "JSON")
case("two documents", json.dumps(bundle(statement())) + "{}", "bundle", "JSON")
case("not JSON", "model.sig", "bundle", "JSON")
case("an array", "[]", "bundle", "object")
case("deep nesting", "[" * 100000, "bundle", "levels")

# --- 3 to 5: signer, encoding, signature
case("hint of another key", edited(lambda b: b["verificationMaterial"]["publicKey"].update(hint=hint("P-384"))), "signer", "wrong key")
case("another key", bundle(statement(), "P-384"), "signer", "wrong key")
case("signed by another key under this hint", bundle(statement(), "P-384", material={"publicKey": {"hint": hint("P-256")}, "tlogEntries": []}), "encoding", "32 bytes")
GOOD = json.dumps(statement()).encode()
DER = sign(pae(GOOD), "P-256")


def integers(der):
    """r and s of a short DER signature."""
    r = der[4 : 4 + der[3]]
    return r, der[6 + der[3] :]


def tlv(tag, content):
    return bytes([tag, len(content)]) + content


R, S = integers(DER)
fixed = R.lstrip(b"\0").rjust(32, b"\0") + S.lstrip(b"\0").rjust(32, b"\0")
for name, wrong in {
    "r and s side by side": fixed,
    "bytes after the signature": DER + b"\0",
    "bytes inside the signature": tlv(48, tlv(2, R) + tlv(2, S) + b"\0"),
    "long form of a short length": b"\x30\x81" + DER[1:],
    "zero padding": tlv(48, tlv(2, b"\0" + R) + tlv(2, S)),
    "negative integer": tlv(48, tlv(2, b"\x80" + R[1:]) + tlv(2, S)),
    "zero": tlv(48, tlv(2, b"\0") + tlv(2, S)),
    "three integers": tlv(48, tlv(2, R) + tlv(2, S) + tlv(2, b"\1")),
    "truncated": DER[:-1],
    "a set instead of a sequence": b"\x31" + DER[1:],
}.items():
    case("signature: " + name, bundle(GOOD, signature=wrong), "encoding", "expected")
case("signature: wrong hash for the curve", bundle(GOOD, "P-384", signature=sign(pae(GOOD), "P-384", "sha256")), "signature", "does not fit", trust="P-384")
case("signature: over the payload alone", bundle(GOOD, signature=sign(GOOD, "P-256")), "signature", "does not fit")
NOT_ASCII = json.dumps(statement(), ensure_ascii=False).encode()
characters = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(NOT_ASCII.decode()), NOT_ASCII)
case("signature: lengths in characters", bundle(NOT_ASCII, signature=sign(characters, "P-256")), "signature", "does not fit")
case("signature: of another statement", bundle(GOOD, signature=sign(pae(json.dumps(statement(_type="x")).encode()), "P-256")), "signature", "does not fit")

# --- 6: the statement
case("predicate of version 0.2", bundle({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": n, "digest": {"sha256": hashlib.sha256(c).hexdigest()}} for n, c in FILES.items()], "predicateType": "https://model_signing/Digests/v0.1", "predicate": {"unused": ""}}), "statement", "0.2")
case("payload type", bundle(statement(), kind="application/json"), "statement", "payloadType")
case("statement type", bundle(statement(_type="https://in-toto.io/Statement/v0.1")), "statement", "_type")
case("two subjects", bundle(statement(subject=statement()["subject"] * 2)), "statement", "exactly 1")
case("extra field in the statement", bundle(statement(note="x")), "statement", "note")
case("extra field in the subject", bundle(statement(subject=[{**statement()["subject"][0], "note": "x"}])), "statement", "note")
case("another digest beside the root digest", bundle(statement(subject=[{"name": "golden", "digest": {"sha256": root(resources()), "sha1": "x"}}])), "statement", "sha1")
case("a key twice in the statement", bundle(json.dumps(statement()).replace('"predicateType"', '"predicateType": "x", "predicateType"', 1).encode()), "statement", "twice")
case("payload is not JSON", bundle(b"payload"), "statement", "JSON")
case("payload is not UTF-8", bundle(b'{"_type":"\xff"}'), "statement", "UTF-8")

# --- 7: the serialisation
case("another predicate", bundle(statement(predicateType="https://slsa.dev/provenance/v1")), "serialization", "predicateType")


def rules(**change):
    s = statement()
    s["predicate"]["serialization"].update(change)
    return bundle(s)


case("method shards", rules(method="shards", shard_size=1000), "serialization", "shard_size")
case("unknown method", rules(method="tree"), "serialization", "method")
case("another hash", rules(hash_type="blake2b"), "serialization", "hash_type")
case("links allowed", rules(allow_symlinks=True), "serialization", "links")
case("links allowed as text", rules(allow_symlinks="false"), "serialization", "allow_symlinks")
case("ignored path outside", rules(ignore_paths=["../other"]), "serialization", "..")
case("everything ignored", rules(ignore_paths=["."]), "serialization", "component .")
case("extra field in the rules", rules(note="x"), "serialization", "note")
s = statement()
s["predicate"]["note"] = "x"
case("extra field in the predicate", bundle(s), "serialization", "note")

# --- 8 and 9: the manifest
case("order of whole strings", bundle(statement(resources(sorted(FILES)))), "resources", "order")
utf16 = sorted(FILES, key=lambda name: [part.encode("utf-16-be") for part in name.split("/")])
case("order of UTF-16 units", bundle(statement(resources(utf16))), "resources", "order")
case("order of insertion", bundle(statement(resources(list(FILES)))), "resources", "order")
case("a file twice", bundle(statement(resources(ordered(list(FILES) + ["empty"])))), "resources", "twice")


def listed(**change):
    return bundle(statement([{**resources(["empty"])[0], **change}]))


for name in ("", ".", "..", "/etc/passwd", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0b", "a\nb", "\ud800"):
    # "." is what the reference tool calls a file that was sealed alone; a folder is not that file.
    expected = ("present", "moved") if name == "." else ("resources", "name")
    case("name " + json.dumps(name), listed(name=name), *expected)
case("another algorithm", listed(algorithm="sha512"), "resources", "algorithm")
case("digest in capitals", listed(digest=resources(["empty"])[0]["digest"].upper()), "resources", "digest")
case("digest too short", bundle(statement([{**resources(["empty"])[0], "digest": "00"}])), "resources", "digest")
case("extra field in a resource", listed(note="x"), "resources", "note")
case("another root digest", bundle(statement(subject=[{"name": "golden", "digest": {"sha256": root([])}}])), "root", "root digest")

# --- 11 to 13: the files
case("a file is missing", bundle(statement(resources(ordered(FILES)) + [{"name": "zzz", "algorithm": "sha256", "digest": "0" * 64}])), "present", "zzz")
changed = resources()
changed[0]["digest"] = "0" * 64
case("a file has other content", bundle(statement(changed)), "content", ".hidden")
case("a file is not listed", bundle(statement([r for r in resources() if r["name"] != "empty"])), "unsigned", "empty")
swapped = resources()
swapped[2]["digest"], swapped[3]["digest"] = swapped[3]["digest"], swapped[2]["digest"]
case("two files exchanged", bundle(statement(swapped)), "content", "exchanged")

# --- certificates


def certificate(name, key, issuer, extensions, dates=("20200101000000Z", "21200101000000Z"), subject=None):
    """Issue a certificate with the openssl command; issuer None: self-signed."""
    with open(os.path.join(WORK, name + ".cnf"), "w") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n[x]\n" + extensions)
    open(os.path.join(WORK, "index.txt"), "w").close()
    run("openssl", "req", "-new", "-key", key, "-subj", "/CN=" + (subject or name), "-out", name + ".csr")
    self_signed = ["-selfsign", "-keyfile", key] if issuer is None else ["-cert", issuer[0] + ".pem", "-keyfile", issuer[1]]
    run("openssl", "ca", "-batch", "-config", name + ".cnf", "-extensions", "x", "-notext", "-in", name + ".csr", "-out", name + ".pem", "-startdate", dates[0], "-enddate", dates[1], *self_signed)
    return run("openssl", "x509", "-in", name + ".pem", "-outform", "DER")


for key in ("root", "other-root", "middle"):
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", key + ".key")
run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.key")
CA = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n"
LEAF = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n"
ROOT = ("root", "root.key")
certificate("root", "root.key", None, CA)
certificate("other-root", "other-root.key", None, CA)
MIDDLE_DER = certificate("middle", "middle.key", ROOT, CA)
MIDDLE = ("middle", "middle.key")


def chain(leaf, *more, curve="P-256", tlog=True):
    material = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(c)} for c in (leaf, *more)]}}
    if tlog:
        material["tlogEntries"] = []
    stated = statement()
    if not tlog:
        del stated["predicate"]["serialization"]["ignore_paths"]
    return bundle(stated, curve, material=material)


for curve in KEYS:
    leaf = certificate("leaf-" + curve, curve + ".key", MIDDLE, LEAF)
    case("certificate chain, " + curve, chain(leaf, MIDDLE_DER, curve=curve), "verified", trust="root")
LEAF_DER = certificate("leaf", "P-256.key", MIDDLE, LEAF)
case("certificate chain, layout up to 1.0.1", chain(LEAF_DER, MIDDLE_DER, tlog=False), "verified", trust="root")
case("certificate issued by the root", chain(certificate("direct", "P-256.key", ROOT, LEAF)), "verified", trust="root")
case("leaf with the issuer's name", chain(certificate("same", "P-256.key", MIDDLE, LEAF, subject="middle"), MIDDLE_DER), "verified", trust="root")
case("leaf without extended key usage", chain(certificate("plain", "P-256.key", ROOT, "keyUsage=digitalSignature\n")), "verified", trust="root")
case("another root", chain(LEAF_DER, MIDDLE_DER), "signer", "not trusted", trust="other-root")
case("intermediate left out", chain(LEAF_DER), "signer", "not trusted", trust="root")
case("root of the bundle is not believed", chain(LEAF_DER, MIDDLE_DER, run("openssl", "x509", "-in", "root.pem", "-outform", "DER")), "signer", "not trusted", trust="other-root")
case("expired leaf", chain(certificate("expired", "P-256.key", ROOT, LEAF, ("20200101000000Z", "20210101000000Z"))), "signer", "expired", trust="root")
case("leaf of the future", chain(certificate("future", "P-256.key", ROOT, LEAF, ("21000101000000Z", "21200101000000Z"))), "signer", "not valid before", trust="root")
old_middle = certificate("old-middle", "middle.key", ROOT, CA, ("20200101000000Z", "20210101000000Z"), subject="old-middle")
case("expired intermediate", chain(certificate("under-old", "P-256.key", ("old-middle", "middle.key"), LEAF), old_middle), "signer", "expired", trust="root")
case("leaf may not sign", chain(certificate("no-sign", "P-256.key", ROOT, "keyUsage=critical,keyAgreement\n")), "signer", "digitalSignature", trust="root")
case("leaf without key usage", chain(certificate("no-usage", "P-256.key", ROOT, "basicConstraints=CA:false\n")), "signer", "digitalSignature", trust="root")
case("leaf for servers", chain(certificate("server", "P-256.key", ROOT, "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")), "signer", "codeSigning", trust="root")
not_ca = certificate("not-ca", "middle.key", ROOT, LEAF)
case("issuer is no authority", chain(certificate("under-leaf", "P-256.key", ("not-ca", "middle.key"), LEAF), not_ca), "signer", "certificate authority", trust="root")
no_cert_sign = certificate("no-cert-sign", "middle.key", ROOT, "basicConstraints=critical,CA:true\nkeyUsage=critical,digitalSignature\n")
case("issuer may not issue", chain(certificate("under-no-cert-sign", "P-256.key", ("no-cert-sign", "middle.key"), LEAF), no_cert_sign), "signer", "keyCertSign", trust="root")
short = certificate("short", "middle.key", ROOT, "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign\n")
deep = certificate("deep", "other-root.key", ("short", "middle.key"), CA, subject="deep")
case("path too long", chain(certificate("under-deep", "P-256.key", ("deep", "other-root.key"), LEAF), deep, short), "signer", "path length", trust="root")
case("unknown critical extension", chain(certificate("critical", "P-256.key", ROOT, LEAF + "1.2.3.4=critical,DER:0500\n")), "signer", "1.2.3.4", trust="root")
case("RSA certificate", chain(certificate("rsa", "rsa.key", ROOT, LEAF)), "signer", "curve", trust="root")
case("another key than the certificate's", chain(certificate("foreign", "other-root.key", ROOT, LEAF)), "signature", "does not fit", trust="root")
case("certificate is garbage", chain(b"garbage"), "signer", "certificate", trust="root")
case("no certificate", bundle(statement(), material={"x509CertificateChain": {"certificates": []}, "tlogEntries": []}), "bundle", "leaf", trust="root")
case("certificates where a key is trusted", chain(LEAF_DER, MIDDLE_DER), "signer", "wrong kind", trust="P-256")
case("a key where certificates are trusted", bundle(statement()), "signer", "wrong kind", trust="root")
case("keyless without a log entry", bundle(statement(), material={"certificate": {"rawBytes": b64(LEAF_DER)}, "tlogEntries": []}), "bundle", "tlogEntries", trust="root")

run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", "stranger.key")
print(
    json.dumps(
        {
            "files": {name: b64(content) for name, content in FILES.items()},
            "fingerprint": hashlib.sha256("".join(f"{r['digest']}  {r['name']}\n" for r in resources()).encode()).hexdigest(),
            "keys": {**{curve: key[2] for curve, key in KEYS.items()}, "P-256-other": run("openssl", "pkey", "-in", "stranger.key", "-pubout").decode()},
            "roots": {name: run("openssl", "x509", "-in", name + ".pem").decode() for name in ("root", "other-root")},
            "cases": CASES,
        },
        indent=1,
    )
)
