"""Checks that a published seal covers a meter entry: python verify_seal.py proof.json SEAL-HASH

Needs nothing of the gateway: only Python's standard library. SEAL-HASH is the hash of the seal as you received
or saw it published; never take it from the proof itself.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

proof = json.loads(Path(sys.argv[1]).read_bytes())
entry, seal = proof["entry"], proof["seal"]

ENTRY = "position source key party_id kind quantity at recorded_at reverses reason author"
SEAL = "number first_position last_position quantity root sealed_at joined previous"

line = "\t".join("" if entry[name] is None else str(entry[name]) for name in ENTRY.split())
digest = sha256(b"\0" + line.encode()).digest()
for step in proof["path"]:
    sibling = bytes.fromhex(step[1:])
    digest = sha256(b"\1" + (sibling + digest if step[0] == "L" else digest + sibling)).digest()

text = "\n".join(["meterpoort seal"] + [str(seal[name]) for name in SEAL.split()])
seal_hash = sha256(text.encode()).hexdigest()

if digest.hex() != seal["root"]:
    sys.exit("NOT PROVEN: the entry does not lead to the root of the seal")
if seal_hash != seal["hash"] or seal_hash != sys.argv[2].lower():
    sys.exit("NOT PROVEN: this is not the published seal")
print(f"PROVEN: seal {seal['number']} covers entry {entry['position']}: {entry['quantity']} x {entry['kind']}")
