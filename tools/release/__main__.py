"""Release what is committed: `python -m tools.release`. Builds, tries and tags; never pushes."""

import sys
from subprocess import CalledProcessError

from tools.release import packages, readiness


def main() -> int:
    """Return 0 where the release is tagged, else 1; then nothing is."""
    version = readiness.version()
    if faults := readiness.faults(version):
        print(f"Not released, as {version} is not ready:", *faults, sep="\n- ", file=sys.stderr)
        return 1
    try:
        wheel = packages.build()
        packages.try_out(wheel)
    except CalledProcessError:
        print("Not released: see above.", file=sys.stderr)
        return 1
    readiness.git("tag", "--annotate", f"v{version}", "--message", f"Todo API {version}")
    readiness.record_contract(version)
    print(
        f"Tagged v{version}; dist/ holds what was tried."
        f" git push origin HEAD v{version} publishes it."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
