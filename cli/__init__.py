"""The program `yixiang`: one sub-command per process."""
