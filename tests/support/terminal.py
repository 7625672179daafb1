"""Runs a program on a terminal of its own and answers its first question.

    python terminal.py ANSWER PROGRAM ARGUMENT…

It prints what the terminal showed, and ends with the program's exit code.
"""

import os
import pty
import sys

answer, program = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(program[0], program)
shown, answered = b"", False
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side is gone
        more = b""
    if not more:
        break
    shown += more
    if not answered and b"MFA" in shown and shown.endswith(b": "):
        os.write(terminal, answer.encode() + b"\n")
        answered = True
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
