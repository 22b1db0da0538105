"""Every way out of a pod that we know of, each tried from inside: run as a program in a pod.

It is given, as JSON, what there is outside: see `outside` in test_ways_out. It prints one line of JSON:
way -> what stood in it, or "OPEN: " and what was reached.
"""
# ruff: noqa: EM101, EM102, BLE001

import contextlib
import ctypes
import json
import os
import platform
import signal
import socket
import stat
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
WAYS = {}  # name -> (function, whether a privileged pod may do it inside of its pod)
NEW_USER, NEW_MOUNTS, NEW_NETWORK = 0x10000000, 0x20000, 0x40000000
NUMBERS = {  # system calls: x86_64's number, and that of most other machines (asm-generic)
    "ptrace": (101, 117),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "bpf": (321, 280),
    "kexec_load": (246, 104),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "clock_settime": (227, 112),
    "swapon": (167, 224),
    "acct": (163, 89),
    "clone": (56, 220),
}


class Open(Exception):
    """The way leads out; the message says where to."""


def way(function):
    """What leads out of any pod where it is open."""
    WAYS[function.__name__] = (function, False)
    return function


def refused(function):
    """What is nobody's but a privileged pod's, and there ends at the pod's own walls."""
    WAYS[function.__name__] = (function, True)
    return function


def call(name, *args):
    """A system call; OSError as by Python's own."""
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    result = LIBC.syscall(ctypes.c_long(number), *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount(source, target, kind=None, flags=0, options=None):
    encoded = [text.encode() if text else None for text in (source, target, kind)]
    if LIBC.mount(*encoded, ctypes.c_ulong(flags), options.encode() if options else None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def pids():
    return [name for name in os.listdir("/proc") if name.isdecimal()]


def seen_below(root, facts):
    """Raise where the secret is to be had from this folder."""
    for path in (facts["secret"], f"{facts['lab']}/kubeconfig"):
        with contextlib.suppress(OSError), open(root + path) as file:
            raise Open(f"{root}{path}: {file.read(20)!r}")


def may_write(folder, most=20000):
    """The first file below that can be opened for writing; nothing is written."""
    for place, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if not one.isdecimal()]
        for name in files:
            path, most = f"{place}/{name}", most - 1
            if most < 0:
                return
            with contextlib.suppress(OSError):
                if stat.S_ISREG(os.lstat(path).st_mode):
                    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                    raise Open(path)


@way
def files_of_the_host(facts):
    seen_below("", facts)


@way
def root_of_process_1(facts):
    seen_below("/proc/1/root", facts)
    found = os.listdir("/proc/1/root")
    if found:
        raise Open(f"it has {found}")


@way
def roots_and_working_directories_of_all_processes(facts):
    for pid in pids():
        for link in ("root", "cwd", "cwd/../../../../../../..", "task/1/root"):
            seen_below(f"/proc/{pid}/{link}", facts)


@way
def descriptors_of_all_processes(facts):
    for pid in pids():
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                path = f"/proc/{pid}/fd/{fd}"
                if os.path.isdir(path):
                    seen_below(f"{path}/../../../../../..", facts)
                if ":[" in os.readlink(path) and os.readlink(path).split(":")[0] in ("mnt", "user", "net"):
                    raise Open(f"{path} -> {os.readlink(path)}")


@way
def writing_the_interpreter_by_proc_exe(facts):
    for pid in pids():
        with contextlib.suppress(PermissionError, FileNotFoundError):
            path = f"/proc/{pid}/exe"
            if not os.statvfs(path).f_flag & os.ST_RDONLY and not in_our_view(path):
                raise Open(f"{path} -> {os.readlink(path)} can be written")


def in_our_view(path):
    """Whether it is the file that this pod has there, in a layer of its own."""
    with contextlib.suppress(OSError):
        ours = os.stat(os.readlink(path))
        return (ours.st_dev, ours.st_ino) == (os.stat(path).st_dev, os.stat(path).st_ino)
    return False


@way
def inherited_descriptors(facts):
    ours = set(os.listdir("/proc/self/fd")) - {"0", "1", "2"}
    links = {}
    for fd in ours:
        with contextlib.suppress(OSError):
            links[fd] = os.readlink(f"/proc/self/fd/{fd}")
    links = {fd: link for fd, link in links.items() if "/fd" not in link and "pipe:" not in link}
    if links:
        raise Open(str(links))


@way
def entering_namespaces_of_processes(facts):
    for pid in pids():
        for kind in ("net", "mnt", "uts", "ipc", "cgroup", "pid", "user"):
            path = f"/proc/{pid}/ns/{kind}"
            with contextlib.suppress(OSError):
                if os.readlink(path) == os.readlink(f"/proc/self/ns/{kind}"):
                    continue
                call("setns", os.open(path, os.O_RDONLY), 0)
                raise Open(path)


@way
def a_socket_of_the_host(facts):
    for root in ("", *(f"/proc/{pid}/root" for pid in pids())):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(root + facts["socket"])
            raise Open(root + facts["socket"])


@way
def an_abstract_socket_of_the_host(facts):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + facts["abstract"])
        raise Open(facts["abstract"])


@way
def shared_memory_of_the_host(facts):
    with open("/proc/sysvipc/shm") as file:
        found = file.read().splitlines()[1:]
    if found:
        raise Open(found[0])


@way
def writing_sys(facts):
    may_write("/sys")


@refused
def writing_proc_sys(facts):
    may_write("/proc/sys")


@way
def core_pattern(facts):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    raise Open("core_pattern")


@way
def sysrq(facts):
    os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY))
    raise Open("sysrq-trigger")


@way
def kernel_memory(facts):
    for path in ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg"):
        with contextlib.suppress(OSError):
            if os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1):
                raise Open(path)


@way
def a_disk_by_mknod(facts):
    for kind, device in ((stat.S_IFBLK, os.stat("/etc/hosts").st_dev), (stat.S_IFCHR, os.makedev(1, 1))):
        path = f"/tmp/device-{device}"
        with contextlib.suppress(OSError):
            os.mknod(path, kind | 0o600, device)
            os.read(os.open(path, os.O_RDONLY), 1)
            raise Open(path)


@refused
def mounting(facts):
    os.makedirs("/tmp/m", exist_ok=True)
    mount("tmpfs", "/tmp/m", "tmpfs")
    raise Open("a tmpfs")


@way
def taking_masks_away(facts):
    for path in ("/proc/sys", "/proc", "/sys", "/etc/hosts", "/", "/usr/local/lib/mockcloud/bin"):
        if LIBC.umount2(path.encode(), 2) == 0:
            raise Open(f"umount {path}")
    with contextlib.suppress(OSError):
        mount("none", "/proc/sys", None, 0x1000 | 0x20)
        raise Open("/proc/sys is writable")
    with contextlib.suppress(OSError):
        mount("none", "/usr/local/lib/mockcloud/bin", None, 0x1000 | 0x20)
        raise Open("a read-only mount is writable")


@way
def a_disk_by_mount(facts):
    os.makedirs("/tmp/d", exist_ok=True)
    with open("/proc/self/mountinfo") as file:
        disks = {line.split(" - ")[1].split()[1] for line in file}
    for disk in disks:
        for kind in ("ext4", "xfs", "btrfs"):
            with contextlib.suppress(OSError):
                mount(disk, "/tmp/d", kind)
                raise Open(disk)


@refused
def a_user_namespace(facts):
    call("unshare", NEW_USER)
    raise Open("unshare")


@way
def mounts_in_a_user_namespace(facts):
    call("unshare", NEW_USER | NEW_MOUNTS)
    taking_masks_away(facts)
    a_disk_by_mount(facts)
    os.makedirs("/tmp/p", exist_ok=True)
    for kind in ("proc", "sysfs"):
        with contextlib.suppress(OSError):
            mount(kind, "/tmp/p", kind)
            may_write("/tmp/p/sys/kernel" if kind == "proc" else "/tmp/p/kernel")


@refused
def a_user_namespace_by_clone(facts):
    if call("clone", NEW_USER | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    raise Open("clone")


@way
def tracing_process_1(facts):
    with contextlib.suppress(OSError):
        call("ptrace", 16, 1, 0, 0)  # PTRACE_ATTACH
        raise Open("ptrace")
    for name in ("mem", "environ", "maps"):
        with contextlib.suppress(OSError), open(f"/proc/1/{name}", "rb") as file:
            if file.read(1):
                raise Open(name)


@refused
def keys_of_the_kernel(facts):
    call("keyctl", 0, -3, 1)
    raise Open("keyctl")


@way
def keys_of_the_user(facts):
    with contextlib.suppress(FileNotFoundError), open("/proc/keys") as file:
        if found := [line for line in file if facts["key"] in line]:
            raise Open(found[0])


@way
def programs_in_the_kernel(facts):
    for number in (0, 5):
        with contextlib.suppress(OSError):
            call("bpf", number, ctypes.create_string_buffer(128), 128)
            raise Open("bpf")


@way
def watching_the_machine(facts):
    event = ctypes.create_string_buffer(b"\1\0\0\0\x70\0\0\0", 0x70)
    call("perf_event_open", event, -1, 0, -1, 0)
    raise Open("perf_event_open")


@way
def another_kernel(facts):
    for name, args in (("kexec_load", (0, 0, 0, 0)), ("init_module", (0, 0, 0)), ("reboot", (1, 1, 0, 0))):
        with contextlib.suppress(OSError):
            call(name, *args)
            raise Open(name)


@way
def the_clock_swap_and_accounting(facts):
    clock = ("clock_settime", (0, (ctypes.c_long * 2)(0, 0)))
    for name, args in (clock, ("swapon", (b"/x", 0)), ("acct", (0,))):
        with contextlib.suppress(OSError):
            call(name, *args)
            raise Open(name)


@way
def the_kernels_log(facts):
    text = ctypes.create_string_buffer(4096)
    if call("syslog", 3, text, 4096):
        raise Open("syslog")


@way
def files_by_handle(facts):
    handle = ctypes.create_string_buffer(128)
    ctypes.c_uint.from_buffer(handle).value = 120
    at = ctypes.c_int()
    fd = os.open("/etc/hosts", os.O_RDONLY)
    with contextlib.suppress(OSError):
        call("name_to_handle_at", -100, b"/etc/hosts", handle, ctypes.byref(at), 0)
        call("open_by_handle_at", fd, handle, os.O_RDONLY)
        raise Open("open_by_handle_at")


@refused
def rarely_needed_calls(facts):
    for name, args in (("userfaultfd", (0,)), ("io_uring_setup", (1, ctypes.create_string_buffer(120)))):
        with contextlib.suppress(OSError):
            call(name, *args)
            raise Open(name)


@way
def release_agent(facts):
    may_write("/sys/fs/cgroup")
    os.makedirs("/tmp/c", exist_ok=True)
    for kind, options in (("cgroup", "memory"), ("cgroup", "rdma"), ("cgroup2", None)):
        with contextlib.suppress(OSError):
            mount(kind, "/tmp/c", kind, 0, options)
            may_write("/tmp/c")


@way
def out_of_a_chroot(facts):
    os.makedirs("/tmp/r", exist_ok=True)
    os.chroot("/tmp/r")
    for _ in range(20):
        os.chdir("..")
    os.chroot(".")
    seen_below("", facts)


@way
def the_users_home(facts):
    found = [name for name in facts["in_home"] if os.path.exists(f"{facts['home']}/{name}")]
    if found:
        raise Open(f"{facts['home']}: {found}")


@way
def shadow(facts):
    with contextlib.suppress(OSError), open("/etc/shadow") as file:
        raise Open(file.readline())


@way
def seeing_daemons(facts):
    for pid in pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if b"mockcloud.node\0" in file.read():
                raise Open(pid)


@way
def environment_of_daemons(facts):
    for pid in pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if b"READY_FD=" in file.read() and pid != str(os.getpid()):
                raise Open(pid)


@way
def killing_daemons(facts):
    with contextlib.suppress(OSError):
        os.kill(facts["agent"], 0)
        if facts["agent"] not in map(int, pids()):
            raise Open("a daemon can be signalled")
    os.kill(1, signal.SIGKILL)  # which the kernel does not deliver to a first process from inside


@way
def files_of_other_pods(facts):
    for folder in (f"{facts['lab']}/node-1/pods", f"{facts['lab']}/claims", facts["lab"]):
        with contextlib.suppress(OSError):
            if found := os.listdir(folder):
                raise Open(f"{folder}: {found}")


@way
def being_another_user_of_the_host(facts):
    for uid in (70000, 100000, 1 << 31):
        with contextlib.suppress(OSError):
            os.setresuid(uid, uid, uid)
            raise Open(str(uid))


@refused
def naming_the_host(facts):
    socket.sethostname(socket.gethostname())
    raise Open("sethostname")


@refused
def sockets_to_the_hypervisor(facts):
    for family in (38, 40):  # AF_ALG, AF_VSOCK
        with contextlib.suppress(OSError):
            socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_SEQPACKET)
            raise Open(f"family {family}")


@way
def the_network_of_the_node(facts):
    """Where the pod is in it, it has over it what it was given: `given`, names of capabilities, or None."""
    if facts["given"] is None:
        return
    if "NET_RAW" not in facts["given"]:
        with contextlib.suppress(OSError):
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            raise Open("packets")
        with contextlib.suppress(OSError):
            socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
            raise Open("raw IP")
    if "NET_ADMIN" in facts["given"]:
        return
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        # RTM_NEWLINK with NLM_F_REQUEST | NLM_F_ACK: loopback goes down
        body = bytes(4) + (1).to_bytes(4, sys.byteorder) + bytes(4) + (1).to_bytes(4, sys.byteorder)
        head = b"".join(
            n.to_bytes(size, sys.byteorder) for n, size in ((32, 4), (16, 2), (5, 2), (1, 4), (0, 4))
        )
        netlink.send(head + body)
        error = int.from_bytes(netlink.recv(4096)[16:20], sys.byteorder, signed=True)
        if error == 0:
            raise Open("its links")


def attempt(function, facts):
    """In a process of its own: what came of it."""
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        try:
            function(facts)
            said = "closed"
        except Open as exc:
            said = f"OPEN: {exc}"
        except OSError as exc:
            said = f"closed: {exc.strerror}"
        except BaseException as exc:
            said = f"broken: {exc!r}"
        os.write(told, said.encode()[:2000])
        os._exit(0)
    os.close(told)
    with os.fdopen(heard) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return said or "broken: it ended without a word"


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps({name: attempt(function, given) for name, (function, _) in WAYS.items()}), flush=True)
