#include "paper/about.hpp"

#include <map>

namespace examples::paper {

std::string about(const std::string& experiment) {
  static const std::map<std::string, const char*> texts{
      {"section-2",
       "Sec. 2. In many dimensions noise is not a cloud around the origin: its length hardly varies, so that it lies on a "
       "thin sphere. A Gaussian that is wide in a few directions and thin in all others expands when it is smoothed; mean "
       "and variance of its squared length are measured and compared with the formulas. That it becomes a sphere needs "
       "(d / d# - 1) >> max(Delta, Delta^2), Delta = (1 + sigma^2) / (epsilon^2 + sigma^2), says the paper, which names no "
       "numbers. 10 of 784 dimensions, our first example, violate that at sigma = 0.3 and below: the wide directions are "
       "still felt. 1 of 20 000 meets it."},
      {"table-1",
       "Table 1 and Eq. 2. The noisy versions of an image lie near a sphere around it. Two such spheres overlap when the "
       "noise exceeds chi, half the distance of the images divided by sqrt(d). The paper samples ten million pairs; here "
       "they are sampled as well, and then all pairs are taken."},
      {"figure-3",
       "Sec. 4 and Eq. 3. Test digits, which the energy has not seen, get noise of level 0.3, a little more than the "
       "largest chi that the paper found among sampled pairs. One jump, xhat = y - sigma^2 grad phi(y), takes it away again."},
      {"figure-4",
       "Sec. 4 and Eq. 3. The same at noise of level 0.7, where the sphere around each digit encloses the whole data set. "
       "Little is left to be known, and the jump is the mean of all that may have been meant."},
      {"section-4.1",
       "Sec. 4.1. The paper says that ReLU gives a higher loss than the smooth ReLU z / (1 + exp(-z)), because the loss "
       "contains a gradient, and that a product of linear layers in place of the last one learns faster at first. Both "
       "are tried with small networks: the same images, steps and seeds."},
      {"figure-5",
       "Sec. 5. Chains start at training digits with noise of level 0.3 and walk, y' = y - delta^2 grad phi(y) + sqrt(2) "
       "delta e. Now and then a jump shows which clean image a chain is at; the chain itself does not notice. A small "
       "classifier, trained on the labels, tells which digit that is."},
      {"figure-6",
       "Sec. 5. The same at noise of level 0.15, where spheres of different digits hardly overlap. The paper finds that a "
       "chain stays with its digit and changes the style."},
      {"walk-noise",
       "Secs. 1 and 5. In the text we have, a conversion of the PDF, the noise of the walk is sqrt(2 delta) e. What makes the "
       "walk visit noisy images as often as they occur is sqrt(2) delta e. Both are walked here from the same start, so that "
       "one sees the difference."},
      {"figure-7",
       "Sec. 6, Eq. 4 and Def. 9. From test digits one flows straight down the energy, y' = -grad phi(y), to a memory; "
       "sigma = 0.15. The paper defines memories as strict minima and names no step, no time and no rule for stopping. "
       "Here a flow has settled when it loses less than 1 nat in sigma^2 of time; what other rules would say stands "
       "below. Whether a memory is still its digit, two judges tell, who are asked about the start in the same way. How "
       "long the path is, the paper leaves for later; it is measured here."},
      {"figure-8",
       "Sec. 6. The same at sigma = 0.3, where spheres overlap more and the paper expects memories to be farther from "
       "where the flow began. Below the learned energy's memories stand those of others from the same digits."},
      {"figure-9",
       "Sec. 7. The flow starts from pixels drawn uniformly from 0 to 1, which look like nothing. Memories that are no "
       "digits are what the paper calls creative memories. All starts are shown, none was picked; sigma = 0.3. The "
       "energy of a kernel density estimate starts from the same noise: it ends at training digits and at mixtures of "
       "them, which the paper's creative memories are not."},
      {"figure-10", "Sec. 7. The same at sigma = 0.25, a little below the largest chi of two training digits."},
      {"posterior",
       "Not in the paper. The jump is the mean of all clean digits that a noisy one may come from; how far they are from "
       "it, and in which directions, is in their covariance, C = sigma^2 (1 - sigma^2 H) with the Hessian H of the energy. "
       "Its leading eigenpairs are computed in double, by Lanczos, and compared with all of them. No eigenvalue of a "
       "covariance is negative; those of learned energies are, for nothing in the objective forbids it. A convex energy, "
       "trained here for some minutes, has none."},
      {"audit",
       "Not in the paper. An energy that was learned well is minus the logarithm of the density of noisy digits. What can be "
       "asked without knowing that density: is the mean of tr H that of |grad phi|^2, an identity of Fisher's; is the error "
       "of the jump what the second derivative predicts? Four energies that are wrong on purpose must be found out."},
      {"radial-profile",
       "Not in the paper. Noisy images lie on a shell of radius sigma sqrt(d) around the clean ones, and the objective is "
       "only ever evaluated there; flows go inside. Where spheres do not interact, the energy of the data is a bowl around "
       "each image: at r times the radius sigma^2 |grad phi|^2 is r^2 d, and the energy is r^2 d / 2 above the image's. How "
       "near to that an energy comes is measured around training digits, and around test digits beside them."},
      {"retrieval",
       "Sec. 6 speaks of retrieving memories; what an associative memory is good for is not tried there. Test digits are "
       "spoilt by noise, by covering their lower rows, by flipping pixels. Does the class come back where the flow settles? "
       "Two controls have all training digits at hand: the same flow of the KDE energy, and a single jump of it, which is "
       "a step of a Hopfield network with softmax (Ramsauer et al. 2021). The judge also sees the cue itself."},
      {"short-trainings",
       "Not in the paper. Whoever trains for a few minutes should have memories as well. The network of the quickstart is "
       "trained for 500 to 8 000 steps, with the quadratic part and filling and without; test digits settle, and a "
       "classifier tells whether they are still what they were. A plain energy may settle where it starts, since it is flat "
       "there."},
      {"samplers",
       "The paper's walk takes steps of sigma / 100, and its samples hang together for long. Other samplers take larger steps "
       "from the same energy. How many steps are worth one independent sample, by the energy itself and by the slowest of ten "
       "random projections; how often the class of the jump changes; and whether means are those of MALA, which is exact. The "
       "paper's walk would take hours for one sample: what is said of it is extrapolated from steps of sigma / 8."},
      {"uneven-noise",
       "Sec. 3. The paper derives its estimator for noise of any covariance Sigma, xhat = y - Sigma grad phi(y), and goes on with "
       "Sigma = sigma^2 I. Here the noise of a pixel depends on its column, as of a sensor that is worse at one side. An energy "
       "learns it by |x - y + Sigma grad phi(y)|^2; beside it one of the same network, steps and batches takes the mean variance "
       "for that of all pixels. A walk with Sigma as its preconditioner is then compared with the paper's."},
      {"several-measurements",
       "Not in the paper (Saremi & Srivastava 2022). M noisy measurements of one image say what their mean says, whose noise is "
       "sigma / sqrt(M). So the energies of 0.6, 0.3 and 0.15 are those of 1, 4 and 16 measurements with noise of 0.6. The first "
       "is trained here, from the weights of the shipped one of 0.7. Chains start at mere noise. One measurement is drawn by a "
       "walk; then three more, given that one; then twelve more, given the four. The jump from all of them is sharper each time."},
      {"remark-7",
       "Remark 7. A network could give the gradient itself instead of an energy. But a gradient has a symmetric matrix of "
       "derivatives, and nothing makes that of such a network symmetric. Both are trained alike and their matrices "
       "compared."},
  };
  const auto found = texts.find(experiment);
  return found == texts.end() ? "" : found->second;
}

}  // namespace examples::paper
