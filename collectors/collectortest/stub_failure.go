package collectortest

var failureScenarios []scenario
