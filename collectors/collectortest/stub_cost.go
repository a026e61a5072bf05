package collectortest

var costScenarios []scenario
