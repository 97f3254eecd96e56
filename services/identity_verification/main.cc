// identity_verification as a process of its own.
#include "common/process/run_main.h"
#include "services/identity_verification/identity_verification_server.h"

int main(int argc, char** argv) {
  return shiming::process::RunRoom(
      argc, argv, "identity_verification",
      &shiming::identity_verification::IdentityVerificationRoom);
}
