// terminal_session as a process of its own.
#include "common/process/run_main.h"
#include "services/terminal_session/terminal_session_server.h"

int main(int argc, char** argv) {
  return shiming::process::RunRoom(
      argc, argv, "terminal_session",
      &shiming::terminal_session::TerminalSessionRoom);
}
