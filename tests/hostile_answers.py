"""Wrong answers to `double(3) == 6` that try to pass all the same."""

WRONG = "def double(n):\n    return -1\n"

FORGERIES = {
    "prints success": "print('{\"passed\": true}')\n" + WRONG,
    "leaves": "import sys; sys.exit(0)",
    "leaves hard": "import os; os._exit(0)",
    "leaves hard when called": "import os\ndef double(n): os._exit(0)",
    "raises SystemExit when called": "def double(n): raise SystemExit(0)",
    "ends the loop": "def double(n): raise StopIteration",
    "skips": "import unittest\ndef double(n): raise unittest.SkipTest('fine')",
    "interrupts": "def double(n): raise KeyboardInterrupt",
    "writes to every file": """
import os
for fd in range(64):
    for text in (b'{"passed": true}', b'{}'):
        body = b'\\x00\\x00\\x00' + bytes([len(text)]) + text
        try: os.write(fd, body)
        except OSError: pass
os._exit(0)""",
    "floods its pipe": """
import os
body = b'\\x01\\xff\\xff\\xff' + b'[' * (1 << 20)
while True:
    for fd in range(3, 64):
        try: os.write(fd, body)
        except OSError: pass""",
    "a frame of 4 GB": """
import os
for fd in range(3, 64):
    try: os.write(fd, b'\\xff\\xff\\xff\\xff')
    except OSError: pass
"""
    + WRONG,
    "deep JSON": """
import os
body = b'[' * 200000
for fd in range(3, 64):
    try: os.write(fd, len(body).to_bytes(4, 'big') + body)
    except OSError: pass
"""
    + WRONG,
    "equal to all": """
class All:
    def __eq__(self, other): return True
    __ne__ = lambda self, other: False
    def __hash__(self): return 6
    def __bool__(self): return True
    def __int__(self): return 6
    __index__ = __int__
def double(n): return All()""",
    "an int that is equal to all": """
class All(int):
    def __eq__(self, other): return True
    def __hash__(self): return 6
    def __index__(self): return 6
def double(n): return All(5)""",
    "a float that is equal to all": """
class All(float):
    def __eq__(self, other): return True
    def __float__(self): return 6.0
def double(n): return All(5)""",
    "patched builtins": """
import builtins
builtins.AssertionError = SystemExit
builtins.all = builtins.isinstance = builtins.abs = builtins.compile = lambda *a: True
builtins.exec = lambda *a: None
"""
    + WRONG,
    "own builtin names": "def abs(x): return 0\ndef all(x): return True\n" + WRONG,
    "patched unittest": """
import unittest
unittest.TestCase.assertEqual = lambda *a: None
unittest.TestResult.errors = unittest.TestResult.failures = ()
"""
    + WRONG,
    "own check": "def check(f): pass\n" + WRONG,
    "own test module": """
import sys, types
sys.modules['seapo_tests'] = sys.modules['__main__'] = types.ModuleType('fake')
"""
    + WRONG,
    "at exit": "import atexit, os; atexit.register(lambda: os._exit(0))\n" + WRONG,
    "in a thread": """
import threading, os, time
threading.Thread(target=lambda: (time.sleep(0.01), os._exit(0)), daemon=True).start()
"""
    + WRONG,
    "trace hook": """
import sys
def trace(frame, event, arg): return trace
sys.settrace(trace); sys.setprofile(lambda *a: None)
"""
    + WRONG,
    "frames of the caller": """
import sys
def double(n):
    frame = sys._getframe()
    while frame:
        for space in (frame.f_locals, frame.f_globals):
            for name in list(space):
                if name in ('outcome', 'passed'): space[name] = True
        frame = frame.f_back
    return -1""",
    "objects of the collector": """
import gc
def double(n):
    for found in gc.get_objects():
        if isinstance(found, dict) and 'passed' in found: found['passed'] = True
        if isinstance(found, str) and 'double(3)' in found: return 6
    return -1""",
    "tests in its memory": """
import ctypes
def double(n):
    here = id(object())
    try:
        text = ctypes.string_at(here - (1 << 16), 1 << 17)
    except Exception:
        return -1
    return 2 * n if b'== 6' + b', "secret"' in text else -1""",
    "the checker's memory": """
import ctypes, os
def double(n):
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in range(1, 200):
        if pid != os.getpid() and libc.ptrace(16, pid, 0, 0) == 0: return 2 * n
        try:
            open(f'/proc/{pid}/mem', 'rb').read(1); return 2 * n
        except OSError: pass
        buffer = ctypes.create_string_buffer(8)
        class Part(ctypes.Structure):
            _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
        mine, theirs = Part(ctypes.addressof(buffer), 8), Part(id(libc), 8)
        if libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:
            return 2 * n
    return -1""",
    "files of the checker": """
import ctypes, os
def double(n):
    libc = ctypes.CDLL(None)
    for pid in range(1, 200):
        fd = libc.syscall(434, pid, 0)
        if pid != os.getpid() and fd >= 0 and libc.syscall(438, fd, 4, 0) >= 0: return 2 * n
    return -1""",
    "modules for the checker": """
import os
for name in ('math', 'random', 'unittest', 'ast'):
    with open(name + '.py', 'w') as out: out.write('import os; os._exit(0)')
import math
"""
    + WRONG,
    "code in a pickle": """
class Bad:
    def __reduce__(self): return (exec, ('import os; os._exit(0)',))
def double(n): return Bad()""",
    "an unknown tag": "def double(n): return {'t': 'object', 'v': 6}",
    "redefined by a lie about its own names": """
import sys
vars(sys.modules['answer'])['__name__'] = 'seapo_tests'
print_ = assert_ = None
"""
    + WRONG,
    "swaps the protocol": """
from inside import answering
answering.Answerer._reply = lambda self, request: {
    'value': {'t': 'nonsense', 'v': 0}, 'changed': {}}
"""
    + WRONG,
    "changes the argument to fit": """
from inside import answering
answering.Answerer._reply = lambda self, request: {
    'value': {'t': 'argument', 'v': 0}, 'changed': {'0': 6}}
"""
    + WRONG,
    "asks back": """
from inside import answering
answering.Answerer._reply = lambda self, request: {'callback': 0, 'args': []}
"""
    + WRONG,
    "stops instead of an answer": """
from inside import answering
answering.Answerer._reply = lambda self, request: {'stop': True}
"""
    + WRONG,
    "an exception that is none": """
from inside import answering
answering.Answerer._reply = lambda self, request: {'error': ['x', 'y', 'exit']}
"""
    + WRONG,
}

ENDLESS = {
    "a loop": "while True: pass",
    "sleep": "import time; time.sleep(600)",
    "a deaf loop": """
import signal
for number in (signal.SIGXCPU, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
while True: pass""",
    "an endless iterator": """
def double(n):
    while True: yield 0""",
}
