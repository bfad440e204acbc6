"""amlgraph as a DAG of Apache Airflow: load, run, report. The connection is in the environment of the workers (AML_DATABASE_URL, ~/.pgpass)."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

LINEAGE = "--lineage /var/lib/aml/lineage.ndjson"

with DAG(
    dag_id="amlgraph",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # a second one would end with exit code 75: another load or run is at work
    default_args={"retries": 3, "retry_delay": timedelta(minutes=10)},
) as dag:
    load = BashOperator(task_id="load", bash_command=f"aml load {LINEAGE} /srv/aml/inbox")
    run = BashOperator(task_id="run", bash_command=f"aml run {LINEAGE} --summary /var/lib/aml/last-run.json")
    report = BashOperator(task_id="report", bash_command="aml report --out /srv/aml/reports/{{ ds }}.html")
    load >> run >> report
