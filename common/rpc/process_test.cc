#include "common/rpc/process.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace shiming::rpc {
namespace {

TEST(ProcessTest, ASignalIsWaitedForInsteadOfKilling) {
  BlockSignals();
  RequestStop();
  EXPECT_EQ(WaitForSignal(), SIGTERM);
  raise(SIGINT);
  EXPECT_EQ(WaitForSignal(), SIGINT);
  // Writing to a closed pipe or socket is an error, not an end.
  raise(SIGPIPE);
}

}  // namespace
}  // namespace shiming::rpc
