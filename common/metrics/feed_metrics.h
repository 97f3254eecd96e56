// Metrics of a feed: how a process's streams hear of what other processes have
// committed to the same database.
#ifndef SHIMING_COMMON_METRICS_FEED_METRICS_H_
#define SHIMING_COMMON_METRICS_FEED_METRICS_H_

#include <string>

#include "common/metrics/metrics.h"

namespace shiming {

// The series of one feed. A plain value of references into `metrics`, which
// must outlive it; thread-safe.
struct FeedMetrics {
  // `feed`: the label, such as "orders".
  FeedMetrics(Metrics& metrics, const std::string& feed);

  // Looks into the database, at most one per period however many streams there
  // are.
  Counter& reads;
  // What they found, changes of this process among it.
  Counter& changes;
  // From one look's beginning to the end of the next: what a change of another
  // process has waited at most before its streams were woken.
  Histogram& lag;
  // Of the streams of this process, when it last looked; a stream may have
  // several.
  Gauge& subscriptions;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_METRICS_FEED_METRICS_H_
