"""`python -m cli`: the same as `yixiang`, for where no script was installed."""

from cli.app import main

main()
