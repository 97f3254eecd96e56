#include "storage/outbox/relay_metrics.h"

namespace shiming::outbox {

RelayMetrics::RelayMetrics(Metrics& metrics, const std::string& source)
    : sequenced(metrics.counter("shiming_outbox_sequenced_total",
                                "Events that the ledger acknowledged.",
                                {{"source", source}})),
      waiting(metrics.counter("shiming_outbox_waiting_total",
                              "Answers that an event waits for another.",
                              {{"source", source}})),
      failed_calls(metrics.counter("shiming_outbox_failed_calls_total",
                                   "Calls to the ledger without an answer.",
                                   {{"source", source}})),
      behind(metrics.gauge("shiming_outbox_database_behind",
                           "1 when the database is older than the ledger.",
                           {{"source", source}})),
      metrics_(metrics),
      source_(source),
      unsent_(metrics.gauge("shiming_outbox_unsent_events",
                            "Events not acknowledged yet.",
                            {{"source", source}})),
      oldest_unsent_seconds_(
          metrics.gauge("shiming_outbox_oldest_unsent_seconds",
                        "Age of the oldest event not acknowledged yet.",
                        {{"source", source}})),
      blocked_(metrics.gauge("shiming_outbox_blocked_events",
                             "Events of aggregates that stand still after a "
                             "rejection.",
                             {{"source", source}})) {}

void RelayMetrics::Rejected(const std::string& reason) {
  metrics_
      .counter("shiming_outbox_rejected_total",
               "Events that the ledger rejected.",
               {{"source", source_}, {"reason", reason}})
      .Increment();
}

void RelayMetrics::Counted(const OutboxCounts& counts,
                           double oldest_age_seconds) {
  unsent_.Set(static_cast<double>(counts.unsent));
  oldest_unsent_seconds_.Set(counts.unsent == 0 ? 0 : oldest_age_seconds);
  blocked_.Set(static_cast<double>(counts.blocked));
}

}  // namespace shiming::outbox
