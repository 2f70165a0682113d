"""Runs a program as a locked-down CI does, and lets the kernel see to it.

Usage, as root on Linux: confine.py UID WRITABLE HOME PROGRAM [ARGUMENT ...]

The whole file system is read-only but for one folder; the user has no passwd entry, no capability and no
way to gain one; and a seccomp filter refuses new namespaces and mounts.
"""

import ctypes
import os
import platform
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_CAP_AMBIENT = 24, 38, 22, 47
SECCOMP_MODE_FILTER, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4
RET_ALLOW, RET_ERRNO, EPERM, ENOSYS = 0x7FFF0000, 0x00050000, 1, 38

# Every CLONE_NEW* flag: cgroup, UTS, IPC, user, PID, network and mount namespaces.
NEW_NAMESPACE = 0x7E020000

# AUDIT_ARCH and system call numbers (linux/audit.h, asm/unistd.h).
MACHINES = {
    "x86_64": (0xC000003E, 56, (165, 166, 155, 161, 272, 308, 428, 429, 430, 432, 101, 321)),
    "aarch64": (0xC00000B7, 220, (40, 39, 41, 51, 97, 268, 428, 429, 430, 432, 117, 280)),
}
CLONE3 = 435


def check(result: int) -> None:
    """Raises the error of a system call that failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def mount(source: str | None, target: str, flags: int) -> None:
    """mount(2) without a file system type."""
    name = None if source is None else source.encode()
    check(LIBC.mount(name, target.encode(), None, ctypes.c_ulong(flags), None))


def read_only_but(writable: str) -> None:
    """Makes every mount read-only in a new mount namespace, with one folder left writable."""
    check(LIBC.unshare(CLONE_NEWNS))
    mount(None, "/", MS_REC | MS_PRIVATE)
    mount(writable, writable, MS_BIND)
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    for point in reversed(points):
        if point == writable:
            continue
        try:
            mount(None, point, MS_REMOUNT | MS_BIND | MS_RDONLY)
        except OSError:
            # A mount that another one covers cannot be reached, by nobody.
            continue


def drop_rights(uid: int) -> None:
    """Another user without groups, capabilities, or a way to get any."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as last:
        for capability in range(int(last.read()) + 1):
            check(LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))
    check(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def statement(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """One instruction of classic BPF (struct sock_filter)."""
    return struct.pack("HBBI", code, yes, no, value)


def refuse_namespaces_and_mounts() -> None:
    """A seccomp filter as container engines set it: EPERM for what makes namespaces or mounts."""
    load, jump, jump_set, give = 0x20, 0x15, 0x45, 0x06
    arch, clone, refused = MACHINES[platform.machine()]
    program = [
        statement(load, 4),
        statement(jump, arch, yes=1),
        statement(give, 0x80000000),
        statement(load, 0),
    ]
    for number in refused:
        program += [statement(jump, number, no=1), statement(give, RET_ERRNO | EPERM)]
    # glibc falls back to clone, whose flags a filter can read.
    program += [statement(jump, CLONE3, no=1), statement(give, RET_ERRNO | ENOSYS)]
    program += [
        statement(jump, clone, no=3),
        statement(load, 16),
        statement(jump_set, NEW_NAMESPACE, no=1),
        statement(give, RET_ERRNO | EPERM),
        statement(give, RET_ALLOW),
    ]
    body = b"".join(program)
    buffer = ctypes.create_string_buffer(body, len(body))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer)))
    check(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0))


def main() -> None:
    """See the module."""
    uid, writable, home, *command = sys.argv[1:]
    read_only_but(os.path.realpath(writable))
    drop_rights(int(uid))
    refuse_namespaces_and_mounts()
    os.environ["HOME"] = home
    # Once more by its name: it was opened before the mounts changed.
    os.chdir(os.getcwd())
    os.execvp(command[0], command)


main()
