#include "common/metrics/feed_metrics.h"

namespace shiming {

FeedMetrics::FeedMetrics(Metrics& metrics, const std::string& feed)
    : reads(metrics.counter("shiming_feed_reads_total",
                            "Looks for what other instances have committed, "
                            "for all streams together.",
                            {{"feed", feed}})),
      changes(metrics.counter("shiming_feed_changes_total",
                              "Changes that these looks have found.",
                              {{"feed", feed}})),
      lag(metrics.histogram("shiming_feed_lag_seconds",
                            "From one look to the end of the next: what a "
                            "change of another instance has waited at most.",
                            {{"feed", feed}})),
      subscriptions(metrics.gauge("shiming_feed_subscriptions",
                                  "Subscriptions of streams when the feed last "
                                  "looked; a stream may have several.",
                                  {{"feed", feed}})) {}

}  // namespace shiming
