"""The SQL that DuckDB and PostgreSQL are asked, word for word the same: sql/TASK.sql over vertices (id, risk) and edges (src, dst, time, amount)."""
from pathlib import Path

SECONDS_AT_MOST = 60  # for one answer


def sql_tasks(answer_of):
    """answer_of(text) -> the one row of the query's result."""
    files = sorted(Path(__file__).with_name("sql").glob("*.sql"))

    def work(text):
        return lambda: answer_of(text)

    return {file.stem: (work(file.read_text()), lambda row: [int(value or 0) for value in row]) for file in files}
