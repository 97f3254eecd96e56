// Composition root of terminal_session.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVER_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/process/room.h"
#include "shiming/config/v1/terminal_session_config.pb.h"
#include "storage/outbox/event_sink.h"

namespace shiming::terminal_session {

// Loads and checks the configuration; the plan puts the room together. Errors
// name field or file.
absl::StatusOr<process::RoomPlan> TerminalSessionRoom(
    const std::string& config_file);

// The room on a loaded configuration, with events going to `sink` (for tests;
// the plan's goes to the configured ledger). Owns the sink.
absl::StatusOr<std::unique_ptr<process::Room>> MakeTerminalSession(
    const config::v1::TerminalSessionConfig& config,
    const process::RoomDeps& deps, std::unique_ptr<outbox::EventSink> sink);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVER_H_
