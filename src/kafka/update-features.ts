import { FEATURES, type FeatureStore } from '../broker/feature/feature-store.ts'
import { setLevels } from '../broker/feature/features.ts'
import { hashed } from '../std/java-hash.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../wire/kafka/messages/update-features.ts'
import type { Decoded } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'

/*
 * UpdateFeatures, 0 to 2 (KIP-584): sets the levels of features, all of them or none. What a level switches off answers UNSUPPORTED_VERSION from then on, or is
 * no longer told to clients that choose by it. Version 0 can ask for a lower level, but Kafka does not hear it.
 */

type Asked = Decoded<typeof UpdateFeaturesRequest>['featureUpdates'][number]

const UpgradeType = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

const METADATA = 'metadata.version'
const LEAST_METADATA = 7
const NO_WAY_DOWN =
  "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."

export const updateFeatures = api(
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
  { from: 0, to: 2, writes: true },
  (request, call) => {
    const { broker } = call.front
    const asked = request.featureUpdates
    const wrong = whyNot(asked, call)
    if (wrong !== null) {
      const errorMessage = `The update failed for all features since the following feature had an error: ${wrong}`
      call.reply({ errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage }, broker.features.position)
      return
    }
    const levels = new Map(asked.map(({ feature, maxVersionLevel }) => [feature, maxVersionLevel]))
    if (!request.validateOnly && !setLevels(broker, levels)) {
      call.reply({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk is full.' }, 0)
      return
    }
    const results = asked.map(({ feature }) => ({ feature, errorMessage: 'NONE' }))
    call.reply({ errorMessage: null, results }, broker.features.position)
  },
)

/** What is wrong with the first update that cannot be, or null. Of two about one feature the last counts. */
function whyNot(asked: readonly Asked[], call: Call): string | null {
  const { broker, options } = call.front
  const updates = new Map(asked.map((one) => [one.feature, one]))
  const metadata = updates.get(METADATA)?.maxVersionLevel ?? broker.features.level(METADATA)
  for (const one of hashed([...updates.values()], ({ feature }) => feature)) {
    const wrong = whyNotOne(one, broker.features, options.nodeId) ?? whatItNeeds(one, metadata)
    if (wrong !== null) return wrong
  }
  return null
}

function invalid({ feature, maxVersionLevel }: Asked, why: string): string {
  return `Invalid update version ${maxVersionLevel} for feature ${feature}. ${why}`
}

function whyNotOne(one: Asked, features: FeatureStore, node: number): string | null {
  const { feature, maxVersionLevel, upgradeType } = one
  if (!Object.values<number>(UpgradeType).includes(upgradeType)) {
    return invalid(one, 'The controller does not support the given upgrade type.')
  }
  if (maxVersionLevel < 0) return invalid(one, 'A feature version cannot be less than 0.')
  const known = FEATURES.find(({ name }) => name === feature)
  if (known === undefined) return invalid(one, `Local controller ${node} does not support this feature.`)
  if (maxVersionLevel < known.min || maxVersionLevel > known.max) {
    return invalid(one, `Local controller ${node} only supports versions ${known.min}-${known.max}`)
  }
  const level = features.level(feature)
  if (maxVersionLevel > level && upgradeType !== UpgradeType.upgrade) {
    return invalid(one, "Can't downgrade to a newer version.")
  }
  if (maxVersionLevel >= level) return null
  if (upgradeType === UpgradeType.upgrade) return invalid(one, NO_WAY_DOWN)
  return feature === METADATA ? whyNoLower(level, one) : null
}

/** No metadata may be lost, and of any level below the newest some would be. */
function whyNoLower(from: number, { maxVersionLevel: to, upgradeType }: Asked): string {
  const why =
    upgradeType === UpgradeType.unsafeDowngrade
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  return `Unsupported ${METADATA} downgrade from ${from} to ${to}. ${why}`
}

/** Whatever is switched on needs a certain level of the metadata, which may be among the updates. */
function whatItNeeds(one: Asked, metadata: number): string | null {
  const { feature, maxVersionLevel: level } = one
  if (feature === METADATA || level === 0 || metadata >= LEAST_METADATA) return null
  const needs = `${METADATA}=${LEAST_METADATA} (3.3-IV3)`
  return invalid(one, `${feature} could not be set to ${level} because it depends on ${needs}`)
}
