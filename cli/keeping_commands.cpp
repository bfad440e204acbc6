// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.hpp"

namespace aml::cli {
namespace {

/// What commands that take something away for good have in common.
template <typename RemovalOptions>
void add_removal_options(CLI::App& command, RemovalOptions& options) {
  command
      .add_option("--override-duty", options.override_duty,
                  "Why it is done though the law asks to keep the data; recorded")
      ->type_name("TEXT");
  command.add_flag("--dry-run", options.dry_run, "Only say what would go, by table");
  command.add_flag("-y,--yes", options.yes, "Do not ask");
}

void add_grants_command(const CommandTree& aml) {
  const auto options = std::make_shared<GrantsOptions>();
  auto* grants = aml.add("grants", "Who may do what in the database: as it is, as it should be",
                         run_grants, options);
  auto* apply = grants->add_flag("--apply", options->apply,
                                 "Make the roles and grant what is missing, take what is beyond");
  grants->add_flag("--sql", options->sql, "Print what --apply would do, for psql")->excludes(apply);
}

void add_share_commands(const CommandTree& aml) {
  const CommandTree share =
      aml.group("share", "Tables of gold as of one version, for roles outside until a date");
  const auto options = std::make_shared<ShareOptions>();
  auto* create = share.add("create", "Share tables as of a version, with nobody yet",
                           run_share_create, options);
  auto* grant =
      share.add("grant", "Let a role read a share until a date", run_share_grant, options);
  auto* revoke =
      share.add("revoke", "Take a share away from a role, at once", run_share_revoke, options);
  auto* move = share.add("move", "Approve another version for a share", run_share_move, options);
  auto* drop =
      share.add("drop", "Take a share away for good; its record stays", run_share_drop, options);
  share.add("list", "Shares, and who may read them", run_share_list, options);
  auto* show =
      share.add("show", "Tables, versions, grants and reads of a share", run_share_show, options);
  for (auto* command : {create, grant, revoke, move, drop, show})
    command->add_option("share", options->share, "Name of the share")
        ->required()
        ->type_name("NAME");
  for (auto* command : {create, move})
    command
        ->add_option("--version", options->version,
                     "What it shows: a version, or a time (a day: its end)")
        ->required()
        ->type_name("VERSION");
  create->add_option("tables", options->tables, "Tables of gold")->required()->type_name("TABLE");
  create
      ->add_option("--where", options->where,
                   "Only rows of a table for which this holds; may be repeated")
      ->type_name("TABLE:CONDITION");
  grant->add_option("--to", options->role, "A member of aml_recipient")
      ->required()
      ->type_name("ROLE");
  grant->add_option("--until", options->until, "A time (a day: its end)")
      ->required()
      ->type_name("TIME");
  revoke->add_option("--from", options->role, "Who had it")->required()->type_name("ROLE");
}

void add_version_commands(const CommandTree& aml) {
  const auto of_history = std::make_shared<HistoryOptions>();
  auto* history =
      aml.add("history", "Versions of the data, newest first: who changed what and when",
              run_history, of_history);
  history->add_option("table", of_history->table, "Only those that wrote this table")
      ->type_name("TABLE");
  history->add_option("--limit", of_history->limit, "At most this many (default: all)")
      ->check(CLI::Range(1, 1000000000));

  const auto of_restore = std::make_shared<RestoreOptions>();
  auto* restore =
      aml.add("restore", "Make tables of silver what they were at a version, as a new version",
              run_restore, of_restore);
  restore->add_option("tables", of_restore->tables, "Tables, or all")
      ->required()
      ->type_name("TABLE");
  restore->add_option("--to", of_restore->version, "A version, or a time (a day: its end)")
      ->required()
      ->type_name("VERSION");
}

void add_removal_commands(const CommandTree& aml) {
  const auto of_prune = std::make_shared<PruneOptions>();
  auto* prune = aml.add(
      "prune", "Drop old versions: what is needed only to read the data as they were long ago",
      run_prune, of_prune);
  prune->add_option("--keep-years", of_prune->keep_years, "Years that can still be read")
      ->required()
      ->check(CLI::Range(1, 1000));
  add_removal_options(*prune, *of_prune);

  const auto of_erase = std::make_shared<EraseOptions>();
  auto* erase = aml.add(
      "erase",
      "Erase the data of a party and its accounts, or of an account, from all tables and versions",
      run_erase, of_erase);
  erase->add_option("--party", of_erase->party, "Party")->type_name("ID");
  erase->add_option("--account", of_erase->account, "Account")->type_name("ID");
  erase->add_option("--reference", of_erase->reference, "Case in which the request is kept")
      ->required();
  erase->add_option("--reason", of_erase->reason, "Why it is erased; recorded")->required();
  add_removal_options(*erase, *of_erase);
}

}  // namespace

void add_keeping_commands(const CommandTree& aml) {
  add_version_commands(aml);
  add_grants_command(aml);
  add_share_commands(aml);
  add_removal_commands(aml);
}

}  // namespace aml::cli
