// profile_order as a process of its own.
#include "common/process/run_main.h"
#include "services/profile_order/profile_order_server.h"

int main(int argc, char** argv) {
  return shiming::process::RunRoom(argc, argv, "profile_order",
                                   &shiming::profile_order::ProfileOrderRoom);
}
