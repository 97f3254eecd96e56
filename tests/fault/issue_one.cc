#include "tests/fault/issue_one.h"

namespace shiming::fault {

absl::Status IssueOne(e2e::ShopFloor& floor) {
  const auto customer = e2e::ShopFloor::NewCustomer();
  const auto order_id = floor.ReadyOrder(customer);
  if (!order_id.ok()) return order_id.status();
  const auto code = floor.Reveal(*order_id);
  if (!code.ok()) return code.status();
  const auto download = floor.Download(customer.eid, *code);
  if (!download.ok()) return download.status();
  const auto order =
      floor.WaitFor(*order_id, order::v1::PROFILE_ORDER_STATE_INSTALLED);
  if (!order.ok()) return order.status();
  if (order->state() != order::v1::PROFILE_ORDER_STATE_INSTALLED) {
    return absl::FailedPreconditionError(order->ShortDebugString());
  }
  const auto receipt = floor.Run(floor.terminal().GetReceipt(*order_id));
  if (!receipt.ok()) return receipt.status();
  return floor.Run(floor.terminal().CloseSession()).status();
}

}  // namespace shiming::fault
