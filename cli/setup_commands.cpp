// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

constexpr const char* kBaseCurrencyHelp =
    "Currency in which amounts are compared (ISO 4217; default: USD for a new database)";

void add_demo_command(const CommandTree& aml) {
  const auto options = std::make_shared<DemoOptions>();
  auto* demo = aml.add("demo", "The two-minute tour: private database, labelled data, run, report",
                       run_demo, options);
  add_generator_options(*demo, options->data);
  demo->add_option("--out", options->out, "Report to write")
      ->type_name("FILE.html")
      ->capture_default_str();
}

void add_db_commands(const CommandTree& aml) {
  const CommandTree db = aml.group("db", "The private PostgreSQL of this folder");
  const auto options = std::make_shared<DbOptions>();
  const auto add = [&](const char* name, const char* help, DbOptions::Action action) {
    auto* command = db.add(name, help, run_db, options);
    command->parse_complete_callback([options, action] { options->action = action; });
    return command;
  };
  add("start", "Create it if needed, start it, bring its schema up to date",
      DbOptions::Action::kStart)
      ->add_option("--base-currency", options->base_currency, kBaseCurrencyHelp)
      ->type_name("CODE");
  add("stop", "Stop it; the data stay", DbOptions::Action::kStop);
  add("status", "Where it lives and whether it runs", DbOptions::Action::kStatus);
  add("url", "Print its URI, for example for psql \"$(aml db url)\"", DbOptions::Action::kUrl);
  add("psql", "Open psql on the chosen database", DbOptions::Action::kPsql)
      ->add_option("arguments", options->psql_arguments, "Handed to psql; put -- before options")
      ->type_name("ARG");
  add("remove", "Stop it and delete all its data", DbOptions::Action::kRemove)
      ->add_flag("--yes", options->yes, "Do not ask");
}

void add_init_command(const CommandTree& aml) {
  const auto options = std::make_shared<InitOptions>();
  auto* init = aml.add("init", "Create or migrate the schema; safe to repeat", run_init, options);
  init->add_option("--base-currency", options->base_currency, kBaseCurrencyHelp)->type_name("CODE");
  init->add_flag("-n,--dry-run", options->dry_run, "Only say what would be applied");
}

}  // namespace

void add_setup_commands(const CommandTree& aml) {
  add_demo_command(aml);
  add_db_commands(aml);
  add_init_command(aml);
  aml.add("doctor", "Say what is wrong with this set-up and how to mend it", run_doctor);
}

}  // namespace aml::cli
