"""A job array and Dask workers on a real Slurm, which this script starts on one machine and stops again.

``python tests/slurm/one_box.py`` (``make slurm-test``): eight tasks of the script that ``counterpulse slurm`` writes;
tasks are killed, told to stop and requeued, the node is drained and resumed, the controller restarted. The store must
equal one made without Slurm, and so must one made with ``run --slurm``. Debian's packages are installed where this is
run as root; where there is no Slurm and none can be installed it says so and ends well.
"""

import contextlib
import getpass
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from kill_resume import differences, receipts, write_sweep

PACKAGES = ("slurm-wlm", "slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel")
TASKS, BLOCKS, BLOCK = 8, 64, 512
COMMAND = Path(sys.executable).with_name("counterpulse")
LONGEST = 360.0
"""Seconds for everything."""

CONFIGURATION = """\
ClusterName=counterpulse
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={top}/munge.socket,cred_expire=12
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool
SlurmctldPidFile={top}/slurmctld.pid
SlurmdPidFile={top}/slurmd.pid
SlurmctldLogFile={top}/slurmctld.log
SlurmdLogFile={top}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:2
"""

began = time.monotonic()


def tell(text):
    """Say something with the time since the start."""
    print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)


def left():
    """Seconds that are left."""
    seconds = LONGEST - (time.monotonic() - began)
    if seconds <= 0:
        raise TimeoutError(f"not done in {LONGEST:.0f} s")
    return seconds


def wait(what, condition, seconds=60.0):
    """Wait until something holds; what it returned."""
    end = time.monotonic() + min(seconds, left())
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain until {what}")
        time.sleep(0.1)
    return found


def free_port():
    """Find a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def missing():
    """Programs that are not there."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return [name for name in PROGRAMS if shutil.which(name) is None]


def install():
    """Install what is missing where that is possible; say why it is not, if so."""
    if not (names := missing()):
        return ""
    if os.geteuid() or not shutil.which("apt-get"):
        return f"{', '.join(names)} not here, and no root with apt-get to install them"
    # services of the packages are not wanted: runlevel 1 starts none where there is no systemd
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    tell("installing " + " ".join(PACKAGES))
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]):
        try:
            done = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=150, check=False)
        except subprocess.TimeoutExpired:
            return f"{shlex.join(command)} did not end in 150 s"
        if done.returncode and command[1] == "install":
            return f"{shlex.join(command)}: {done.stderr.strip().splitlines()[-1:]}"
    return f"{', '.join(names)} still missing" if (names := missing()) else ""


class Slurm:
    """The daemons of a cluster of one node, with a folder for all they write."""

    def __init__(self, top):
        self.top = top
        self.host = socket.gethostname().split(".")[0]
        self.daemons = {}
        for name in ("state", "spool"):
            (top / name).mkdir()
        (top / "slurm.conf").write_text(
            CONFIGURATION.format(
                top=top,
                host=self.host,
                user=getpass.getuser(),
                controller_port=free_port(),
                node_port=free_port(),
            )
        )
        os.environ["SLURM_CONF"] = str(top / "slurm.conf")

    def start(self):
        """Start everything; the node is idle on return."""
        key = self.top / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"key-file": key, "socket": self.top / "munge.socket", "pid-file": self.top / "munged.pid"}
        files |= {"log-file": self.top / "munged.log", "seed-file": self.top / "munged.seed"}
        self.daemon("munged", "--foreground", "--force", *(f"--{name}={path}" for name, path in files.items()))
        wait("munged listens", files["socket"].exists)
        self.daemon("slurmctld", "-D")
        self.daemon("slurmd", "-D", "-N", self.host)
        wait("the node is idle", lambda: self.node() == "IDLE")

    def daemon(self, name, *options):
        """Start a daemon in the foreground, or start it again."""
        log = (self.top / f"{name}.out").open("ab")
        command = [shutil.which(name), *options]
        # sessions of their own: Ctrl-C is for this script, which stops them
        self.daemons[name] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )

    def restart_controller(self):
        """Stop the controller and start it anew."""
        self.end("slurmctld")
        self.daemon("slurmctld", "-D")
        wait("the controller answers", lambda: "UP" in ask("scontrol", "ping", check=False))

    def node(self):
        """State of the node."""
        words = ask("scontrol", "show", "node", self.host, check=False).split()
        return next((word.partition("=")[2].rstrip("*") for word in words if word.startswith("State=")), "")

    def end(self, name):
        """End a daemon by its process."""
        daemon = self.daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait(5)

    def stop(self):
        """End jobs and daemons, and whatever of them is left."""
        if "slurmctld" in self.daemons:
            ask("scancel", "--user", getpass.getuser(), check=False)
            end = time.monotonic() + 10
            while ask("squeue", "--noheader", check=False) and time.monotonic() < end:
                time.sleep(0.2)
        for name in reversed(list(self.daemons)):
            self.end(name)
        strays = self.processes()
        for process in strays:
            process.kill()
        psutil.wait_procs(strays, timeout=5)

    def processes(self):
        """Processes of jobs and of what carries them: all that have this cluster's configuration, but this one's."""
        mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid not in mine and process.environ().get("SLURM_CONF") == os.environ["SLURM_CONF"]:
                    found.append(process)
            except psutil.Error:
                continue
        return found


def ask(*command, check=True, seconds=30):
    """Run a command to its end; what it printed."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=min(seconds, left()), check=False
    )
    if check and done.returncode:
        raise RuntimeError(f"{shlex.join(map(str, command))}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip() if done.returncode == 0 else ""


def states(array):
    """State of every task of an array, also of those that have ended."""
    lines = ask("squeue", "--noheader", "--array", "--states=all", f"--jobs={array}", "--format=%K %T", check=False)
    return dict(line.split() for line in lines.splitlines())


def running(array):
    """Tasks whose run has been started: a signal reaches it."""
    return [task for task, state in states(array).items() if state == "RUNNING"]


def processes(slurm, array, task):
    """Give the processes of a task, by their command lines."""
    found = {}
    for process in slurm.processes():
        try:
            place = process.environ()
            if (place.get("SLURM_ARRAY_JOB_ID"), place.get("SLURM_ARRAY_TASK_ID")) == (array, task):
                found[process] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


def workers(slurm, array, task):
    """Count the processes that simulate for a task."""
    return sum("spawn_main" in command for command in processes(slurm, array, task).values())


def signal_job(array, task, *options):
    """Send a signal through Slurm; a job that it ends at once leaves ``scancel`` trying again for minutes."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        ask("scancel", *options, f"{array}_{task}", check=False, seconds=3)


def back_to_the_queue(array, task):
    """Requeue a task that was killed, once Slurm has seen that it has died."""
    wait(f"task {task} is seen to have died", lambda: states(array).get(task) not in ("RUNNING", "COMPLETING"))
    tell(f"killed task {task}: {states(array).get(task)}")
    ask("scontrol", "requeue", f"{array}_{task}")


def cancel(array, task):
    """Have Slurm kill a task; it must stay so until it is requeued."""
    signal_job(array, task, "--full", "--signal=KILL")
    back_to_the_queue(array, task)


def kill(slurm, array, task):
    """Kill every process of a task, as the kernel does where memory is short."""
    for process in processes(slurm, array, task):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    back_to_the_queue(array, task)


def stop(array, task):
    """Tell the shell of a task to stop, as Slurm does before the time limit; it must requeue itself."""
    asked = time.monotonic()
    signal_job(array, task, "--batch", "--signal=TERM")
    wait(f"task {task} has requeued itself", lambda: states(array).get(task) not in ("RUNNING", "COMPLETING"), 20)
    tell(f"told task {task} to stop: {states(array).get(task)} after {time.monotonic() - asked:.1f} s")
    if states(array).get(task) != "PENDING":
        raise AssertionError(f"task {task} did not requeue itself")


def disturb(slurm, array, store):
    """Do to an array what happens to arrays."""
    wait("a block is finished", lambda: store.exists() and receipts(store), 120)
    victims = wait("two tasks run", lambda: len(tasks := running(array)) > 1 and tasks)
    counts = {task: workers(slurm, array, task) for task in victims}
    tell(f"processes that simulate, by task: {counts}")
    if max(counts.values()) > 1:
        raise AssertionError(f"a task of one core runs more than one process: {counts}")
    stop(array, victims[0])
    cancel(array, victims[1])
    ask("scontrol", "update", f"nodename={slurm.host}", "state=drain", "reason=test")
    tell(f"drained the node: {wait('the node drains', lambda: 'DRAIN' in slurm.node() and slurm.node())}")
    slurm.restart_controller()
    tell(f"restarted the controller; the node: {wait('the node is known', slurm.node)}")
    wait("the tasks on the drained node end", lambda: not running(array), 90)
    if all(state == "COMPLETED" for state in states(array).values()):
        raise AssertionError("nothing was left for the drained node to hold up")
    tell(f"nothing runs; {receipts(store)} of {BLOCKS} blocks done: resuming the node")
    ask("scontrol", "update", f"nodename={slurm.host}", "state=resume")
    victims = wait("two tasks run", lambda: len(tasks := running(array)) > 1 and tasks)
    ask("scontrol", "requeue", f"{array}_{victims[0]}")
    tell(f"requeued task {victims[0]} while it ran")
    kill(slurm, array, victims[1])
    slurm.restart_controller()
    tell("restarted the controller")


def job_array(slurm, sweep, store):
    """Submit the script that is written for a sweep, disturb it, wait for the end."""
    script = sweep.parent / "array of eight.sh"
    ask(COMMAND, "slurm", sweep, "-o", store, "--tasks", TASKS, "--cpus", 1, "--time", 10, "--script", script)
    said = ask("bash", script)
    array = said.split()[-1]
    tell(f"array {array}: {said}")
    disturb(slurm, array, store)
    wait("all tasks are completed", lambda: set(states(array).values()) == {"COMPLETED"}, 180)
    tell(f"{len(states(array))} tasks completed, {receipts(store)} blocks")


def with_dask(slurm, sweep, store):
    """Run a sweep with Dask workers that are Slurm jobs: once until it is told to stop, once with a job cancelled."""
    command = [COMMAND, "run", sweep, "-o", store, "--slurm", "--workers", "2"]
    driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait("a block is finished", lambda: driver.poll() is not None or (store.exists() and receipts(store)), 120)
        asked = time.monotonic()
        driver.terminate()
        output, _ = driver.communicate(timeout=10)
        if driver.returncode != 75:
            raise AssertionError(f"run --slurm, told to stop: exit {driver.returncode}: {output}")
        tell(f"told run --slurm to stop: exit 75 after {time.monotonic() - asked:.1f} s, {receipts(store)} blocks done")
        wait("the jobs of the workers are gone", lambda: not ask("squeue", "--noheader", "--name=counterpulse"), 30)
        begun = receipts(store)
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        wait("a block is finished", lambda: driver.poll() is not None or receipts(store) > begun, 120)
        jobs = ask("squeue", "--noheader", "--states=RUNNING", "--name=counterpulse", "--format=%i").split()
        if jobs:
            ask("scancel", jobs[0])
            tell(f"cancelled the worker that is job {jobs[0]}, of {len(jobs)}, with {receipts(store)} blocks done")
        output, _ = driver.communicate(timeout=left())
    finally:
        driver.kill()
        driver.wait()
    if driver.returncode:
        raise RuntimeError(f"run --slurm: exit {driver.returncode}: {output}")
    tell(next(line for line in output.splitlines() if "blocks run" in line))
    wait("the jobs of the workers are gone", lambda: not ask("squeue", "--noheader", "--name=counterpulse"), 30)


def compare(name, local, store):
    """Fail where two stores differ; count what was run where."""
    if differ := differences(local, store):
        raise AssertionError(f"{name}: differs from the store made without Slurm in {differ}")
    places = {json.loads(path.read_bytes())["job"] for path in (store / "receipts").glob("*/*.json")}
    tell(f"{name}: equal to the store made without Slurm; its blocks were run by {len(places)} jobs")


def everything(top):
    """Make a store without Slurm, then one in each way with it."""
    sweep = write_sweep(top / "a sweep.toml", patients=BLOCKS * BLOCK, block=BLOCK)
    slurm = Slurm(top)
    os.chdir(top)
    try:
        ask(COMMAND, "run", sweep, "-o", top / "local.zarr", "--workers", 2, seconds=180)
        tell("made the store without Slurm")
        slurm.start()
        tell(f"Slurm is up on node {slurm.host}, run by {getpass.getuser()}")
        job_array(slurm, sweep, top / "a store.zarr")
        compare("job array", top / "local.zarr", top / "a store.zarr")
        if find_spec("dask_jobqueue") is None:
            print("skipped: run --slurm, for dask-jobqueue is not installed")
        else:
            with_dask(slurm, sweep, top / "dask.zarr")
            compare("run --slurm", top / "local.zarr", top / "dask.zarr")
    except BaseException as error:
        tell(f"failed: {type(error).__name__}: {error}")
        for log in (*top.glob("*.log"), *top.glob("*.out")):
            print(f"-- {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n", file=sys.stderr)
        raise
    finally:
        slurm.stop()
        tell("stopped every process that was started")


def ended(number, frame):
    """Let a signal end the script in order."""
    raise SystemExit(128 + number)


def main():
    """Run it; exit 0 also where it had to be skipped."""
    global began
    signal.signal(signal.SIGTERM, ended)
    if reason := install():
        print(f"skipped: no Slurm on this machine: {reason}")
        return 0
    began = time.monotonic()
    # a short path: the name of a socket has room for about a hundred characters
    top = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    try:
        everything(top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    tell("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
