// Ends by time, and their record, on the SQL port.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_END_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_END_STORE_H_

#include <vector>

#include "services/terminal_session/core/end_store.h"
#include "services/terminal_session/store/endings.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

class SqlEndStore final : public EndStore {
 public:
  // All references must outlive the store.
  struct Deps {
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
  };

  explicit SqlEndStore(Deps deps) : deps_(deps), endings_(deps.outbox) {}

  Result<std::vector<EndRecord>> ReadEnds(int64_t after, int limit) override;
  Result<int64_t> NewestCursor() override;
  Result<int> EndDue(absl::Time now, int limit) override;
  Result<bool> DeleteOld(absl::Time before, int limit) override;

 private:
  // Ends the open session, or shift, at the terminal if it is still due.
  absl::StatusOr<bool> EndDueSession(sql::Transaction& tx,
                                     const DeviceId& terminal,
                                     absl::Time now) const;
  absl::StatusOr<bool> EndDueShift(sql::Transaction& tx,
                                   const DeviceId& terminal,
                                   absl::Time now) const;

  const Deps deps_;
  const Endings endings_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_END_STORE_H_
