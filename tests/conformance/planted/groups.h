// The planted lies, by the promise of DESIGN.md 1 that they break.
#ifndef SHIMING_TESTS_CONFORMANCE_PLANTED_GROUPS_H_
#define SHIMING_TESTS_CONFORMANCE_PLANTED_GROUPS_H_

#include <vector>

#include "tests/conformance/planted/plant.h"

namespace shiming::conformance {

std::vector<Plant> RecordPlants();      // P4: the record itself
std::vector<Plant> EnrollmentPlants();  // P7: who may enroll
std::vector<Plant> PlacePlants();       // P1: the place
std::vector<Plant> EvidencePlants();    // P1: the evidence
std::vector<Plant> PlacingPlants();     // P1: the order
std::vector<Plant> OrderPlants();       // P2: one code
std::vector<Plant> LimitPlants();       // P3: the limits
std::vector<Plant> ErasurePlants();     // P6: the erased
std::vector<Plant> RepairPlants();      // P7: who may repair

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_PLANTED_GROUPS_H_
