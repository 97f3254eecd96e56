// The route of an aggregate: the distribution column of the outbox tables.
#ifndef SHIMING_STORAGE_OUTBOX_ROUTE_H_
#define SHIMING_STORAGE_OUTBOX_ROUTE_H_

#include <cstdint>
#include <string_view>

namespace shiming::outbox {

// 0 to 255. For "<kind>/<id>" with an id made by NewId (32 lower-case
// hexadecimal digits) its first byte, so that the events of an order or person
// lie beside their rows; else a hash of the first part of the id ("s1" of
// "terminal/s1/t2"). Fixed for ever: rows are stored under it.
int64_t RouteOf(std::string_view aggregate);

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_ROUTE_H_
