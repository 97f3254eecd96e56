// Tells a server to stop a statement that nobody waits for any more.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_CANCEL_H_
#define SHIMING_STORAGE_SQL_POSTGRES_CANCEL_H_

typedef struct pg_conn PGconn;

namespace shiming::sql {

// Sends a cancel request for what `connection` runs, so that it lets go of its
// locks. libpq can only send it blocking, and a frozen server never answers:
// it goes on a thread of its own that nobody waits for, at most
// kMaxCancellations at a time; beyond that nothing is sent, and the server's
// own timeouts end the statement. Never for a COMMIT. Thread-safe.
void CancelStatement(PGconn* connection);

inline constexpr int kMaxCancellations = 4;

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_CANCEL_H_
