package collectortest

var restartScenarios []scenario
