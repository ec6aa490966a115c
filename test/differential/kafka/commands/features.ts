import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../../../src/wire/kafka/messages/update-features.ts'
import { chance, command, type Maker, type Scene } from '../command.ts'

const UPDATE = { request: UpdateFeaturesRequest, response: UpdateFeaturesResponse, versions: [0, 2] } as const

/** As a new cluster has them. */
const LEVELS = [
  ['group.version', 1],
  ['share.version', 1],
  ['transaction.version', 2],
  ['metadata.version', 30],
] as const
const METADATA = 'metadata.version'
const { upgrade, safe, unsafe } = { upgrade: 1, safe: 2, unsafe: 3 } as const

/** An update; one that would change something for everybody on the broker only where `isDry`. */
function updateOf(scene: Scene, isDry: boolean) {
  const { dice } = scene
  const [name, level] = dice.pick(LEVELS)
  if (chance(scene)) return { feature: dice.pick([scene.prefix, '']), ...levelAndType(1, dice.pick([upgrade, safe])) }
  if (chance(scene)) return { feature: name, ...levelAndType(dice.pick([-1, 99, 6]), dice.pick([0, upgrade, 4])) }
  const lower = isDry || name === METADATA ? dice.between(0, level) : level
  return { feature: name, ...levelAndType(lower, dice.pick([upgrade, safe, unsafe])) }
}

function levelAndType(maxVersionLevel: number, upgradeType: number) {
  return { maxVersionLevel, upgradeType, allowDowngrade: upgradeType !== upgrade }
}

const update: Maker = {
  weight: 6,
  make(scene) {
    const { dice } = scene
    const version = dice.between(0, 2)
    const validateOnly = version > 0 && dice.chance(0.6)
    const featureUpdates = Array.from({ length: dice.pick([0, 1, 1, 1, 2]) }, () => updateOf(scene, validateOnly))
    const about = featureUpdates.map((one) => `${one.feature}=${one.maxVersionLevel} ${one.upgradeType}`).join(', ')
    return command(scene, UPDATE, {
      version,
      about: validateOnly ? `${about} (dry)` : about,
      make: () => ({
        featureUpdates: featureUpdates.map(({ allowDowngrade, upgradeType, ...one }) =>
          version === 0 ? { ...one, allowDowngrade } : { ...one, upgradeType },
        ),
        ...(version === 0 ? {} : { validateOnly }),
      }),
    })
  },
}

export const FEATURE_MAKERS: readonly Maker[] = [update]
