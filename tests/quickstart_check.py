#!/usr/bin/python3
"""deploy/quickstart.sh as a newcomer types it, twice on one data directory; so
with SQLite and with --postgres.

Takes no arguments; exits 0 when all holds, else says what does not. Needs
zbarimg, and what quickstart.sh needs: nothing is installed or built again when
it is there already.
"""

import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIMINGCTL = ROOT / "bazel-bin/tools/shimingctl/shimingctl"
PORTS = 40
STEPS = {
    "shift", "session", "evidence", "verify", "choose", "order", "reveal",
    "download", "close",
}
LONGEST_RUN_SECONDS = 20 * 60  # cold; some ten seconds when all is built


class Failure(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Failure(what)


def is_free(port):
    with socket.socket() as listener:
        # Connections that have ended do not count, listeners do.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port_base():
    for base in random.sample(range(12_000, 32_000, PORTS), 100):
        if all(is_free(port) for port in range(base, base + PORTS)):
            return base
    raise Failure("no free ports")


def run_quickstart(data, out, port_base, options):
    command = [
        ROOT / "deploy/quickstart.sh", "--once", "--json", out, "--data", data,
        "--port-base", str(port_base), *options
    ]
    # From elsewhere: the script finds its own place.
    return subprocess.run(command, cwd=data.parent, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          timeout=LONGEST_RUN_SECONDS)


def quickstart(data, out, port_base, options):
    run = run_quickstart(data, out, port_base, options)
    expect(run.returncode == 0, f"exit code {run.returncode}\n{run.stdout}")
    for port in range(port_base, port_base + PORTS):
        expect(is_free(port), f"--once left somebody at port {port}")
    issued = json.loads(out.read_text(encoding="utf-8"))
    check_databases(data, issued)
    return issued


def check_databases(data, issued):
    """They are on the engine that was asked for, and only there."""
    files = sorted(data.glob("db/*.db"))
    cluster = data / "postgres" / "cluster"
    if issued["database"] == "sqlite":
        expect(len(files) == 5 and not cluster.exists(),
               f"databases are not five SQLite files: {files}")
        return
    expect(not files and (cluster / "PG_VERSION").is_file(),
           f"databases are not on PostgreSQL alone: {files}")
    left = [name for name in ("postmaster.pid", *cluster.glob(".s.PGSQL.*"))
            if (cluster / name).exists()]
    expect(not left, f"--once left the server, or it was killed: {left}")


def check_fields(issued):
    for name in ("activation_code", "qr_png", "order_id", "session_id", "eid",
                 "iccid", "msisdn_masked", "pki_dir"):
        expect(isinstance(issued.get(name), str) and issued[name],
               f"JSON: no text {name}")
    ledger = issued.get("ledger", {})
    for name in ("origin", "verifier_key", "url", "dir", "receipt_file"):
        expect(isinstance(ledger.get(name), str) and ledger[name],
               f"JSON: no text ledger.{name}")
    expect(type(ledger.get("entry_index")) is int and ledger["entry_index"] > 0,
           "JSON: no number ledger.entry_index")
    expect(ledger["verifier_key"].startswith(ledger["origin"] + "+"),
           "JSON: the verifier key is not the origin's")
    expect(issued.get("addresses"), "JSON: no addresses")
    timings = issued.get("timings", {})
    expect(set(timings) == STEPS and
           all(type(took) in (int, float) and took >= 0
               for took in timings.values()),
           f"JSON: timings are not those of the steps: {timings}")
    expect(pathlib.Path(issued["pki_dir"], "ca.crt").is_file(),
           "no CA in pki_dir")
    expect(pathlib.Path(ledger["dir"], "checkpoint").is_file(),
           "no checkpoint in ledger.dir")


def check_qr_code(issued):
    decoded = subprocess.run(["zbarimg", "--quiet", "--raw", issued["qr_png"]],
                             capture_output=True, text=True, check=True)
    expect(decoded.stdout == f"LPA:{issued['activation_code']}\n",
           "the PNG is not LPA: and the code")


def check_receipt(issued, empty):
    """With nothing but the receipt, the key and the command."""
    empty.mkdir()
    shutil.copy(issued["ledger"]["receipt_file"], empty / "receipt.json")
    verified = subprocess.run(
        [SHIMINGCTL, "receipt", "verify", "receipt.json", "--key",
         issued["ledger"]["verifier_key"], "--proof-out", "receipt.tlog-proof"],
        cwd=empty, env={}, capture_output=True, text=True)
    expect(verified.returncode == 0, f"receipt: {verified.stderr}")
    expect(issued["order_id"] in verified.stdout and
           f" entry {issued['ledger']['entry_index']} of " in verified.stdout,
           f"the receipt is of something else: {verified.stdout}")
    proof = (empty / "receipt.tlog-proof").read_text(encoding="utf-8")
    receipt = json.loads((empty / "receipt.json").read_text(encoding="utf-8"))
    expect(proof == receipt["tlog_proof"], "--proof-out is not the proof")
    expect(proof.startswith("c2sp.org/tlog-proof@v1\n"), "no tlog-proof")


def check_log(issued, older):
    verified = subprocess.run(
        [SHIMINGCTL, "ledger", "verify", "--log", issued["ledger"]["dir"],
         "--key", issued["ledger"]["verifier_key"], "--extends", older],
        capture_output=True, text=True)
    expect(verified.returncode == 0, f"log: {verified.stderr}")


def check_other_engine(data, out, port_base, options):
    """Nothing is begun anew on the other engine."""
    run = run_quickstart(data, out, port_base, options)
    expect(run.returncode != 0 and "PostgreSQL" in run.stdout,
           f"another engine was taken\n{run.stdout}")


def check_twice(options, other_options):
    with tempfile.TemporaryDirectory(prefix="shiming-quickstart-") as folder:
        work = pathlib.Path(folder)
        data = work / "data"
        port_base = free_port_base()
        first = quickstart(data, work / "first.json", port_base, options)
        older = work / "checkpoint"
        shutil.copy(pathlib.Path(first["ledger"]["dir"], "checkpoint"), older)
        check_fields(first)
        check_qr_code(first)
        check_receipt(first, work / "first")

        check_other_engine(data, work / "none.json", port_base, other_options)

        # The next one starts where this one ended.
        second = quickstart(data, work / "second.json", port_base, options)
        check_fields(second)
        check_qr_code(second)
        check_receipt(second, work / "second")
        for name in ("activation_code", "order_id", "session_id", "eid",
                     "iccid", "msisdn_masked", "qr_png"):
            expect(first[name] != second[name], f"the same {name} again")
        for name in ("origin", "verifier_key", "dir"):
            expect(first["ledger"][name] == second["ledger"][name],
                   f"another {name}")
        expect(second["ledger"]["entry_index"] > first["ledger"]["entry_index"],
               "the log began anew")
        check_log(second, older)


def main():
    check_twice([], ["--postgres"])
    check_twice(["--postgres"], [])


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"quickstart: {failure}", file=sys.stderr)
        sys.exit(1)
