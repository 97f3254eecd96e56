// CHECK for broken invariants of our own code. Never on request or database
// content: those get an absl::Status.
#ifndef SHIMING_COMMON_STATUS_CHECK_H_
#define SHIMING_COMMON_STATUS_CHECK_H_

#include <cstdio>
#include <cstdlib>

// Ends the process when `condition` is false, naming the place on stderr.
// `what` is a string literal and never holds personal data, codes or keys.
#define SHIMING_CHECK(condition, what)                                 \
  do {                                                                 \
    if (!(condition)) {                                                \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s (%s)\n", __FILE__, \
                   __LINE__, #condition, what);                        \
      std::abort();                                                    \
    }                                                                  \
  } while (false)

#endif  // SHIMING_COMMON_STATUS_CHECK_H_
