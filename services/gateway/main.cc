// The gateway as a process of its own.
#include "common/process/run_main.h"
#include "services/gateway/gateway_server.h"

int main(int argc, char** argv) {
  return shiming::process::RunRoom(argc, argv, "gateway",
                                   &shiming::gateway::GatewayRoom);
}
