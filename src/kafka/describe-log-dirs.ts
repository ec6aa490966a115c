import type { Topic } from '../broker/topic/topic.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../wire/kafka/messages/describe-log-dirs.ts'
import { api } from './api.ts'

/** What stands for the one directory there is. */
export const LOG_DIR = 'journal'

/* DescribeLogDirs, 1 to 5: all partitions share one log, and each is told with the bytes of its own batches, and the file system's from version 4 on. */

export const describeLogDirs = api(
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  { from: 1, to: 5 },
  (request, call) => {
    const { topics } = call.front
    const wanted: [Topic, number[]][] = []
    if (request.topics === null) {
      for (const topic of topics.byName.values()) wanted.push([topic, topic.partitions.map(({ number }) => number)])
    } else {
      for (const { topic: name, partitions } of request.topics) {
        const topic = topics.byName.get(name)
        if (topic !== undefined)
          wanted.push([topic, [...new Set(partitions)].filter((number) => number in topic.partitions)])
      }
    }
    const told = wanted.map(([topic, numbers]) => ({
      name: topic.name,
      partitions: numbers.map((number) => ({
        partitionIndex: number,
        partitionSize: topic.partitions[number]!.index.size,
        offsetLag: 0,
        isFutureKey: false,
      })),
    }))
    const { position } = topics
    call.front.broker.env.disk.freeAsync((_error, usableBytes = -1, totalBytes = -1) => {
      call.reply({ results: [{ logDir: LOG_DIR, topics: told, totalBytes, usableBytes }] }, position)
    })
  },
)
