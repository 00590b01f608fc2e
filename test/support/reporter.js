/** jest's own closing line goes to stderr and names no reason: this one goes to stdout. A skipped test's title is its reason. */
export default class Reporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName),
    );
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const lines = skipped.map((name) => `skipped: ${name}`);
    process.stdout.write(
      [...lines, `${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`, ''].join('\n'),
    );
  }
}
