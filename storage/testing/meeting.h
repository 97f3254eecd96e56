// Where the transactions of a race wait for each other.
#ifndef SHIMING_STORAGE_TESTING_MEETING_H_
#define SHIMING_STORAGE_TESTING_MEETING_H_

#include <condition_variable>
#include <mutex>

namespace shiming::sql::testing {

// Lets a test decide what happens at once: a transaction that comes here waits
// until the others are here too, or until the test lets all go on. Once open it
// stays so. Thread-safe.
class Meeting {
 public:
  // Opens by itself when `count` transactions, at least 1, are here or have
  // ended without.
  explicit Meeting(int count) : count_(count) {}

  // To be called before the first comes: it does not open by itself.
  void Hold();
  void Open();

  // A transaction is here; waits until it is open. False when nobody has opened
  // it after a time that no healthy race takes: the race is not what the test
  // thinks, say because one holds a lock that another needs to get here.
  bool Come();
  // A transaction has ended that never came: nobody waits for it.
  void Miss();

  // Waits until `count` transactions are here or have ended without. False when
  // not all of them came, or after the same time.
  bool AwaitAll();

 private:
  // With the mutex held.
  bool IsComplete() const { return came_ + missed_ >= count_; }

  const int count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int came_ = 0;
  int missed_ = 0;
  bool is_held_ = false;
  bool is_open_ = false;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_MEETING_H_
