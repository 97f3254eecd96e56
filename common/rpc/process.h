// Signals of a server process (ecosystem trap: gRPC's threads inherit the mask
// that is set when they are made).
#ifndef SHIMING_COMMON_RPC_PROCESS_H_
#define SHIMING_COMMON_RPC_PROCESS_H_

namespace shiming::rpc {

// Blocks SIGTERM and SIGINT for this thread and all that it makes, and ignores
// SIGPIPE. The first statement of main, before any thread or gRPC object.
void BlockSignals();

// Switches off Abseil's search for lock cycles, which Debian's build has on and
// which gRPC's locks pay for at every turn. For servers; tests keep it.
void SkipLockCycleChecks();

// Waits for SIGTERM or SIGINT and returns its number. After BlockSignals.
int WaitForSignal();

// Makes WaitForSignal return as if SIGTERM had come: for a part of the process
// that can no longer work. Thread-safe.
void RequestStop();

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_PROCESS_H_
