"""An espeak-ng without a voice: a script that prints as sound what it was given to read, or misbehaves."""

import sys
from pathlib import Path

import numpy as np

PROGRAM = """#!{python} -IS
import os, struct, sys, time
MODE, DATA = {mode!r}, {data!r}

def wav(samples, rate=22050, channels=1):
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0x7ffff024, b"WAVE", b"fmt ", 16, 1, channels, rate,
                       2 * rate, 2, 16, b"data", 0x7ffff000)
    return head + struct.pack("<%dh" % len(samples), *samples)

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if sys.argv[1:] == ["--version"]:
    print("eSpeak NG text-to-speech: 1.99  Data at: " + DATA if MODE != "other program" else "festival 2.5")
elif MODE == "is killed at once":
    os.kill(os.getpid(), 9)
elif arguments["-v"] not in ("en-us", "en-gb+f3", "cmn", "hi", "en"):
    sys.exit("Error: The specified espeak-ng voice does not exist.")
elif "-q" not in sys.argv:
    assert sys.argv[-2:] == ["--stdin", "--stdout"] and arguments["-b"] == "1"
    text = sys.stdin.buffer.read().decode("utf-8")
    samples = [int(arguments["-s"]), int(arguments["-p"]), *(ord(c) & 0x7fff for c in text)]
    if MODE == "dies":
        sys.exit("out of luck")
    if MODE == "is killed":
        os.kill(os.getpid(), 9)
    if MODE == "hangs":
        time.sleep(600)
    out = sys.stdout.buffer
    if MODE == "floods":
        while True:
            out.write(bytes(1 << 20))
    out.write(dict(silent=b"", garbage=b"no sound at all", stereo=wav(samples, channels=2),
                   low=wav([0] * 1600, 16000)).get(MODE, wav(samples)))
"""


def make_program(root: Path, mode: str = "speaks") -> Path:
    """Write the program, and a data folder with one file."""
    data = root / "espeak-ng-data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "phontab").write_bytes(b"phonemes")
    program = root / "espeak-ng"
    program.write_text(PROGRAM.format(python=sys.executable, mode=mode, data=str(data)), encoding="utf-8")
    program.chmod(0o755)
    return program


def heard(piece: np.ndarray) -> tuple[str, int, int]:
    """Return the text, the speed and the pitch that a piece of sound holds."""
    speed, pitch, *letters = np.round(piece * 32768).astype(int)
    return "".join(map(chr, letters)), int(speed), int(pitch)
