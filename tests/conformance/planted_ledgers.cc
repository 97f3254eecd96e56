#include "tests/conformance/planted_ledgers.h"

#include <utility>

#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {

const std::vector<Plant>& Plants() {
  static const std::vector<Plant>* const plants = [] {
    auto* all = new std::vector<Plant>();
    for (std::vector<Plant> some :
         {RecordPlants(), EnrollmentPlants(), PlacePlants(), EvidencePlants(),
          PlacingPlants(), OrderPlants(), LimitPlants(), ErasurePlants(),
          RepairPlants()}) {
      for (Plant& plant : some) all->push_back(std::move(plant));
    }
    return all;
  }();
  return *plants;
}

}  // namespace shiming::conformance
