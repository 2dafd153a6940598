// The collection's script after each response: what Create task made is what the others are about.
pm.test("succeeds", () => pm.response.to.be.success);
if (pm.response.code === 201) {
  pm.collectionVariables.set("task_id", pm.response.json().id);
}
