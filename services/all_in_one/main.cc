// shimingd: all services in one process.
#include "services/all_in_one/all_in_one.h"

int main(int argc, char** argv) {
  return shiming::process::RunMain(argc, argv, "shimingd",
                                   &shiming::all_in_one::AllRooms);
}
