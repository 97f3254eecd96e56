#include "services/gateway/log_endpoint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "common/rpc/runtime.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/temp_dir.h"

namespace shiming::gateway {
namespace {

TEST(LogEndpointTest, KnowsThePathsOfTheLog) {
  for (const char* path :
       {"checkpoint", "logs", "tile/0/000", "tile/63/067",
        "tile/0/x001/x234/067", "tile/0/000.p/1", "tile/0/x001/000.p/255",
        "tile/entries/000", "tile/entries/x001/234.p/17"}) {
    EXPECT_TRUE(IsLogPath(path)) << path;
  }
  for (const char* path : {"",
                           "/",
                           "checkpoint/",
                           "logs/",
                           "logs2",
                           "Checkpoint",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/0/001/002",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/01",
                           "tile/0/000.p/256",
                           "tile/0/000.p/",
                           "tile/0/000.p",
                           "tile/entries",
                           "tile/entries/0",
                           "../guard",
                           "tile/../checkpoint",
                           "tile/0/../../guard",
                           "tile/0/%2e%2e",
                           "tile/0/000/..",
                           "tile//000",
                           "guard",
                           "tile/0/000\n"}) {
    EXPECT_FALSE(IsLogPath(path)) << path;
  }
}

class LogEndpointServingTest : public ::testing::Test {
 protected:
  LogEndpointServingTest() {
    EXPECT_EQ(
        std::system(("mkdir -p " + dir_.File("log/tile/0/000.p")).c_str()), 0);
    dir_.Write("log/checkpoint", "origin\n1\nroot\n");
    dir_.Write("log/tile/0/000.p/1", "part");
    dir_.Write("log/tile/0/000", std::string("\0hash", 5));
    dir_.Write("guard", "secret");
  }

  http::Response Get(std::string target, std::string method = "GET") {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return testing::RunAwaitable(runtime_.executor(),
                                 endpoint_.Answer(request));
  }

  testing::TempDir dir_;
  rpc::Runtime runtime_{1};
  LogEndpoint endpoint_{dir_.File("log")};
};

TEST_F(LogEndpointServingTest, ServesTheCheckpointFresh) {
  const http::Response response = Get("/checkpoint");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "origin\n1\nroot\n");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
}

TEST_F(LogEndpointServingTest, ServesTheListOfLogsFresh) {
  dir_.Write("log/logs", "shiming log list v1\n");
  const http::Response response = Get("/logs");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "shiming log list v1\n");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
}

TEST_F(LogEndpointServingTest, ServesTilesForEver) {
  const http::Response response = Get("/tile/0/000?x=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, std::string("\0hash", 5));
  EXPECT_EQ(response.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(response.header("Cache-Control"),
            "public, max-age=31536000, immutable");
}

TEST_F(LogEndpointServingTest, ServesNothingElse) {
  EXPECT_EQ(Get("/tile/0/000.p/1").body, "part");
  EXPECT_EQ(Get("/tile/0/001").status, 404);
  EXPECT_EQ(Get("/../guard").status, 404);
  EXPECT_EQ(Get("/tile/../../guard").status, 404);
  EXPECT_EQ(Get("//checkpoint").status, 404);
  EXPECT_EQ(Get("checkpoint").status, 404);
  EXPECT_EQ(Get("/checkpoint", "POST").status, 405);
}

}  // namespace
}  // namespace shiming::gateway
