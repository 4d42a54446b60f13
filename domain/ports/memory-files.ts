/** The copies of interventions in `data/memory/` for people and scripts; the row in the store is the truth. */
export interface MemoryFiles {
  /**
   * Appends one line to the customer's file, once for each `interventionId` whatever is retried or killed.
   * @throws ReveilleError `invalid_input` when the id is no safe file name
   */
  append(entry: { workspace: string; customerId: string; interventionId: string; line: string }): Promise<void>;
}
