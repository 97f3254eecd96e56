// A floor for races: instances of profile_order side by side on one database.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_FLOOR_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_FLOOR_H_

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/metrics.h"
#include "services/profile_order/store/testing/race_instance.h"
#include "services/profile_order/store/testing/race_world.h"
#include "services/profile_order/store/testing/violations.h"
#include "storage/sql/database.h"
#include "storage/testing/postgres_under_test.h"
#include "storage/testing/temp_folder.h"

namespace shiming::profile_order::testing {

// SQLite, and PostgreSQL at each of its isolation levels.
enum class RaceEngine {
  kSqlite,
  kReadCommitted,
  kRepeatableRead,
  kSerializable,
};

// "Sqlite", "ReadCommitted" ...: letters only, for names of tests.
std::string NameOf(RaceEngine engine);

// On PostgreSQL two instances, each with pools of its own as in two processes,
// on one schema of a server of this process's own; on SQLite one instance.
// Used by the test's main thread; instances are thread-safe. Ends the process
// when the database does not do as told.
class RaceFloor {
 public:
  struct Options {
    RaceEngine engine = RaceEngine::kSqlite;
    // Of each instance on PostgreSQL: connections that write. One more reads.
    int writers = 32;
  };

  explicit RaceFloor(const Options& options);
  ~RaceFloor();
  RaceFloor(const RaceFloor&) = delete;
  RaceFloor& operator=(const RaceFloor&) = delete;

  RaceWorld& world() { return world_; }
  int instance_count() const { return static_cast<int>(databases_.size()); }
  // Any number from 0: they take turns.
  RaceInstance& instance(size_t number);
  sql::Database& database(size_t number);

  // Opens as many transactions at once as there are writers on all instances,
  // each with a statement; how many were open together. PostgreSQL only.
  int OpenAllAtOnce();
  // Transactions that the drivers ran again, and attempts that callers began
  // anew because a driver had given up.
  int64_t reruns();
  int64_t anew_count() const;

  // Takes a key or a check from a table, as a mistake in a migration would:
  // "person_usage_pkey". PostgreSQL only.
  void DropConstraint(const std::string& table, const std::string& constraint);
  // All rows away.
  void Empty();

  // --- what callers bring; each call gives new ones

  std::string NewEid();
  // A placing of a new person on a new phone in a new session, whose number is
  // not reserved yet.
  Placing NewPlacing();
  // Imports free numbers, and so many ICCIDs with the picks 0, 1, 2 ...; the
  // numbers.
  std::vector<std::string> AddNumbers(int count, int iccids = 0);
  // As NewPlacing, with a number reserved for each. Unless `with_iccids` is
  // false an ICCID for each is imported, at whose pick it begins.
  std::vector<Placing> NewPlacings(int count, bool with_iccids = true);
  // Reserves `msisdn` for the session of `placing`, until the world's now +
  // `lasts_us`; the number must be free.
  void ReserveFor(Placing& placing, const std::string& msisdn,
                  int64_t lasts_us);
  // ORDERING; placed by instances in turn. None may be refused.
  std::vector<Order> PlaceAll(const std::vector<Placing>& placings);
  // READY, each for a new person on a new phone.
  std::vector<Order> NewReadyOrders(int count);

  // --- running

  template <class T>
  std::future<T> Start(Awaitable<T> task) {
    return boost::asio::co_spawn(pool_, std::move(task),
                                 boost::asio::use_future);
  }
  template <class T>
  T Run(Awaitable<T> task) {
    return Start(std::move(task)).get();
  }
  // All at once; results in the given order.
  template <class T>
  std::vector<T> RunAll(std::vector<Awaitable<T>> tasks) {
    std::vector<std::future<T>> futures;
    futures.reserve(tasks.size());
    for (Awaitable<T>& task : tasks) futures.push_back(Start(std::move(task)));
    return GetAll(std::move(futures));
  }
  template <class T>
  static std::vector<T> GetAll(std::vector<std::future<T>> futures) {
    std::vector<T> results;
    results.reserve(futures.size());
    for (std::future<T>& future : futures) results.push_back(future.get());
    return results;
  }

 private:
  void OpenDatabases(const Options& options);

  // Destroyed last: the databases' threads post to it.
  boost::asio::thread_pool pool_{2};
  RaceWorld world_;
  Metrics metrics_;
  sql::testing::TempFolder folder_;
  std::unique_ptr<sql::testing::PostgresUnderTest> on_postgres_;
  std::vector<std::unique_ptr<sql::Database>> databases_;
  std::vector<std::unique_ptr<RaceInstance>> instances_;
  const int writers_;
  int64_t last_number_ = 0;
  int64_t last_iccid_ = 0;
  int64_t last_eid_ = 0;
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_FLOOR_H_
