"""`yixiang bench`: measure, beside a reference measured in the same run."""

import importlib
import pkgutil

import typer

import cli.benchmarks

app = typer.Typer(no_args_is_help=True)

for _module in pkgutil.iter_modules(cli.benchmarks.__path__):
    _benchmark = importlib.import_module(f"cli.benchmarks.{_module.name}")
    if hasattr(_benchmark, "run"):  # else it is a part that several share
        app.command(_module.name)(_benchmark.run)
